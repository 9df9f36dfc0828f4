import type { HttpResponse as UwsResponse } from 'uWebSockets.js'

const minRetryMs = 1
const maxRetryMs = 64

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
 *  - A write that is not wholly taken looks for both events again: a paused socket must be paused once more.
 *  - After `pause` what the kernel holds still comes, as long as it fills the receive buffer of 512 KiB each time.
 *  - It ends connections that take or send nothing for 10 s, or send less than 16 KB/s. `pause` ends that count, `resume`
 *    begins it anew, and so `rearm` does both: how long a stream may be silent is not for the server to say.
 */
export class SocketFlow {
  /** Whether a byte moved since this was last set to false. */
  hasMoved = true
  readonly #response: UwsResponse
  #isHeld = false
  #isBlocked = false
  /** Whether uWebSockets.js may be counting the seconds. */
  #isTimed = false
  #onWritable: (() => void) | null = null
  #retryMs = minRetryMs
  #retryTimer: NodeJS.Timeout | undefined

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
    this.#response.pause()
    if (this.#isBlocked) this.#retryLater()
  }

  readOn(): void {
    if (!this.#isHeld) return
    this.release()
    // Whether the socket is looked at for writing is not certain now: trying to write makes it so.
    this.#tryToWrite()
  }

  /** Reads on, in the midst of writing. */
  release(): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    clearTimeout(this.#retryTimer)
    this.#resume()
  }

  /** The socket did not take all of what was written: `onWritable` is told when it may take more. */
  block(): void {
    this.#isBlocked = true
    this.#isTimed = true
    if (!this.#isHeld) return
    this.#response.pause()
    this.#retryLater()
  }

  /** `callback` is called when the socket may take more, also when it did not say that it takes no more. */
  onWritable(callback: () => void): void {
    this.#onWritable = callback
    this.#response.onWritable(() => {
      this.#retryMs = minRetryMs
      this.#tryToWrite()
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

  #tryToWrite(): void {
    this.#isBlocked = false
    this.#onWritable?.()
  }

  #resume(): void {
    this.#isTimed = true
    this.#response.pause()
    this.#response.resume()
  }

  #retryLater(): void {
    clearTimeout(this.#retryTimer)
    this.#retryTimer = setTimeout(() => this.#tryToWrite(), this.#retryMs)
    this.#retryMs = Math.min(this.#retryMs * 2, maxRetryMs)
  }
}
