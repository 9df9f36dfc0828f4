import type { HttpResponse as UwsResponse } from 'uWebSockets.js'

const minRetryMs = 1
const maxRetryMs = 64
/** Of the time that a blocked response has waited already. */
const retryShare = 1 / 8

/**
 * Holds a connection back in both directions: reads no more while the function has enough, writes no more while the
 * client is slow.
 *
 * What uWebSockets.js 20 does decides what is done here:
 *
 *  - `pause` stops looking at the socket altogether: it does not become writable either, so a response that is blocked is
 *    tried again by a timer. Nor does one hear that the client left.
 *  - `resume` looks for the events that were noted when *any* socket was last paused, in one of two notes: for sockets
 *    with output of their own waiting, and for those without. A note that was never made stops the socket for ever. So
 *    each `resume` comes right after a `pause`, which makes the note, and streams make the other one when they begin.
 *  - A write that is not wholly taken looks for both events again: a paused socket must be paused once more. So does what
 *    it tries to write itself when it has handed on what came: what pauses then pauses again in the next turn.
 *  - After `pause` it reads on for as long as the kernel has 512 KiB at once: see `receive-buffer.ts`.
 *  - It ends connections that take or send nothing for 10 s, or send less than 16 KB/s. `pause` ends that count, `resume`
 *    begins it anew, and so `rearm` does both: how long a stream may be silent is not for the server to say.
 */
export class SocketFlow {
  /** Whether a byte moved since this was last set to false. */
  hasMoved = true
  readonly #response: UwsResponse
  #isHeld = false
  /** Whether uWebSockets.js may be counting the seconds. */
  #isTimed = false
  #onWritable: (() => void) | null = null
  /** How long a blocked response has waited for its client. */
  #waitedMs = 0
  #retryTimer: NodeJS.Timeout | undefined
  #pauseAgain: NodeJS.Immediate | undefined

  constructor(response: UwsResponse) {
    this.#response = response
  }

  /** Reading is held back: nothing comes but what is on its way. */
  get isHeld(): boolean {
    return this.#isHeld
  }

  /** Call it when the request begins and holds may follow. */
  prepareToHold(): void {
    this.#resume()
  }

  /** Reads no more for now. To be called again when something comes all the same. */
  hold(): void {
    this.#isHeld = true
    this.#pause()
  }

  readOn(): void {
    if (!this.#isHeld) return
    this.release()
    // Whether the socket is looked at for writing is not certain now: trying to write makes it so.
    this.#onWritable?.()
  }

  /** Reads on, in the midst of writing. */
  release(): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    this.#waitedMs = 0
    clearTimeout(this.#retryTimer)
    this.#resume()
  }

  /**
   * To be called after each cork: whether the socket did not take all that was written, and whether it took some.
   * `onWritable` is told when it may take more.
   */
  noteWrite(isBlocked: boolean, tookSome: boolean): void {
    if (isBlocked) this.#isTimed = true
    if (tookSome) this.#waitedMs = 0
    // Of what stood behind a cork nothing tells whether it was sent.
    if (this.#isHeld) this.#pause()
  }

  /** `callback` is called when the socket may take more, also when it did not say that it takes no more. */
  onWritable(callback: () => void): void {
    this.#onWritable = callback
    this.#response.onWritable(() => {
      this.#onWritable?.()
      return true
    })
  }

  /** Call it every few seconds, or uWebSockets.js ends the connection when the client pauses. */
  rearm(): void {
    if (this.#isHeld) this.#response.pause()
    else if (this.#isTimed) this.#resume()
  }

  /** The response object is dead, or about to be. */
  close(): void {
    this.#isHeld = false
    this.#onWritable = null
    clearTimeout(this.#retryTimer)
  }

  #pause(): void {
    this.#response.pause()
    if (this.#onWritable === null) return
    this.#pauseAgain ??= setImmediate(() => {
      this.#pauseAgain = undefined
      if (this.#isHeld) this.#response.pause()
    })
    clearTimeout(this.#retryTimer)
    const delayMs = Math.min(Math.max(this.#waitedMs * retryShare, minRetryMs), maxRetryMs)
    this.#retryTimer = setTimeout(() => {
      this.#waitedMs += delayMs
      this.#onWritable?.()
    }, delayMs)
  }

  #resume(): void {
    this.#isTimed = true
    this.#response.pause()
    this.#response.resume()
  }
}
