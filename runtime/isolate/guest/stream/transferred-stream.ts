import { dataCloneError } from '../messaging/clone-error.ts'
import { newTransform, type TransformEnds } from './own-transform.ts'
import { type PipeRules, pipe } from './pipe.ts'
import { markHandled } from './promise-steps.ts'
import { type ReadableStream, readableStateOf } from './readable-stream.ts'
import type { TransformState } from './transform-state.ts'
import { type WritableStream, writableStateOf } from './writable-stream.ts'

const toTheEnd: PipeRules = {
  preventsAbort: false,
  preventsCancel: false,
  preventsClose: false,
  signal: undefined,
}

/**
 * The stream that takes the place of one that is moved, as the Streams standard has it for other realms: the one is locked
 * and piped into the other, chunk by chunk cloned.
 *
 * @throws DOMException `DataCloneError` if the stream is locked.
 */
export function transferReadable(stream: ReadableStream): ReadableStream {
  const state = readableStateOf(stream)
  if (state.isLocked) throw dataCloneError('a stream that is locked')
  const { readable, writable } = newCloning()
  markHandled(pipe(state, writableStateOf(writable), toTheEnd))
  return readable
}

/** The same for one that is written to. */
export function transferWritable(stream: WritableStream): WritableStream {
  const state = writableStateOf(stream)
  if (state.isLocked) throw dataCloneError('a stream that is locked')
  const { readable, writable } = newCloning()
  markHandled(pipe(readableStateOf(readable), state, toTheEnd))
  return writable
}

/** The same for both ends of a transform stream. */
export function transferEnds({ readable, writable }: TransformEnds): TransformEnds {
  if (readableStateOf(readable).isLocked) throw dataCloneError('a stream that is locked')
  return { writable: transferWritable(writable), readable: transferReadable(readable) }
}

function newCloning(): TransformEnds {
  return newTransform({
    transform(chunk: unknown, output: TransformState) {
      output.enqueue(require('../messaging/structured-clone.ts').structuredClone(chunk))
      return undefined
    },
    flush: () => undefined,
    cancel() {},
  })
}
