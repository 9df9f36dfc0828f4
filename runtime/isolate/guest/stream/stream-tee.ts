import { Deferred } from '../language/deferred.ts'
import { ReadableStream } from './readable-stream.ts'
import type { ReadableStreamDefaultController } from './stream-controller.ts'
import { ReadableStreamDefaultReader, readLocked } from './stream-reader.ts'

/** Two streams that each see every chunk of the one, which they lock. It is cancelled when both were. */
export function tee(stream: ReadableStream): [ReadableStream, ReadableStream] {
  const reader = new ReadableStreamDefaultReader(stream)
  const controllers: [ReadableStreamDefaultController | null, ReadableStreamDefaultController | null] = [
    null,
    null,
  ]
  const reasons: [unknown, unknown] = [undefined, undefined]
  const isCanceled: [boolean, boolean] = [false, false]
  const cancelled = new Deferred<undefined>()
  let reading: Promise<void> | null = null

  async function readOne(): Promise<void> {
    try {
      const { value, done } = await readLocked(reader)
      for (let index = 0; index < 2; index++) {
        if (isCanceled[index]) continue
        if (done) controllers[index]!.close()
        else controllers[index]!.enqueue(value)
      }
      if (done) cancelled.resolve(undefined)
    } catch (reason) {
      controllers[0]!.error(reason)
      controllers[1]!.error(reason)
      cancelled.resolve(undefined)
    }
    reading = null
  }

  async function cancel(index: 0 | 1, reason: unknown): Promise<void> {
    isCanceled[index] = true
    reasons[index] = reason
    if (isCanceled[1 - index]) {
      try {
        await reader.cancel([reasons[0], reasons[1]])
        cancelled.resolve(undefined)
      } catch (failure) {
        cancelled.reject(failure)
      }
    }
    await cancelled.promise
  }

  function branch(index: 0 | 1): ReadableStream {
    return new ReadableStream({
      start(controller) {
        controllers[index] = controller
      },
      pull: () => (reading ??= readOne()),
      cancel: (reason) => cancel(index, reason),
    })
  }
  return [branch(0), branch(1)]
}
