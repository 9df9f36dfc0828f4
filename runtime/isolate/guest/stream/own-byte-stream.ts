import { typedArrayByteLength } from '../primordials.ts'
import { ByteControllerState } from './byte-controller-state.ts'
import { markHandled, settled } from './promise-steps.ts'
import { rangeOf } from './pull-into.ts'
import { ReadableState } from './readable-state.ts'
import { type ReadableStream, readableStateOf, wrapReadable } from './readable-stream.ts'
import { ReaderState } from './reader-state.ts'

/** Where a stream that the bootstrap makes gets its bytes from. */
export interface BytesSource {
  /**
   * Called when somebody waits for bytes, and not again before the promise is settled. Until then it must deliver, once:
   * bytes in a buffer that is the stream's from now on, null at the end; or reject with why no more comes. The promise
   * itself carries nothing: by `Object.prototype.then` guests see to what promises of objects become.
   */
  pull(deliver: (bytes: Uint8Array | null) => void): Promise<void> | undefined
  /** Nobody reads on. Must not throw. */
  cancel(reason: unknown): void
}

/** A byte stream of the bootstrap's own: nothing is asked for before somebody reads. */
export function newByteStream(source: BytesSource): ReadableStream {
  const stream = new ReadableState()
  const controller: ByteControllerState = new ByteControllerState(
    stream,
    {
      pull: () => source.pull((bytes) => deliver(controller, bytes)) ?? settled,
      cancel: (reason) => {
        source.cancel(reason)
        return settled
      },
    },
    0,
  )
  controller.start(settled)
  return wrapReadable(stream)
}

function deliver(controller: ByteControllerState, bytes: Uint8Array | null): void {
  if (bytes !== null && typedArrayByteLength(bytes) > 0) {
    controller.enqueue(rangeOf(bytes))
    return
  }
  controller.close()
  // A reader that brought its buffer gets it back now.
  if (controller.hasWaiting) controller.respond(0)
}

/** Nobody gets the rest: whoever reads is told why. */
export function failStream(stream: ReadableStream, reason: unknown): void {
  const { controller } = readableStateOf(stream)
  ;(controller as ByteControllerState).fail(reason)
}

export function isDisturbed(stream: ReadableStream): boolean {
  return readableStateOf(stream).isDisturbed
}

/** Whether it was read before, or is being read. */
export function isUnusable(stream: ReadableStream): boolean {
  const { isDisturbed, isLocked } = readableStateOf(stream)
  return isDisturbed || isLocked
}

/** From now on it counts as read, by a reader that keeps it. */
export function disturb(stream: ReadableStream): void {
  const state = readableStateOf(stream)
  state.isDisturbed = true
  // Its making is what locks the stream.
  new ReaderState(state, false)
}

/** Nobody reads on, locked or not. */
export function cancelStream(stream: ReadableStream, reason: unknown): void {
  markHandled(readableStateOf(stream).cancel(reason))
}

/**
 * Two streams with the chunks of one; those of the second are copies.
 *
 * @throws TypeError if the stream is locked.
 */
export function teeBody(stream: ReadableStream): [ReadableStream, ReadableStream] {
  const branches = require('../stream/tee.ts').teeReadable(readableStateOf(stream), true)
  return [wrapReadable(branches[0]), wrapReadable(branches[1])]
}
