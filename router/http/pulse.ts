/** So many calls take a millisecond or two. */
const callsEach = 1024

/**
 * Says that this worker lives while the event loop cannot: uWebSockets.js calls back for each chunk of a body, and a few
 * dozen clients that send chunks of one byte have it do so for seconds in one turn. The worker is busy then, not stuck:
 * killed for its silence, it would be the version that ran last that is blamed.
 */
export class Pulse {
  readonly #nowMs: () => number
  readonly #everyMs: number
  readonly #beat: () => void
  #calls = 0
  #beatenAtMs = Number.NEGATIVE_INFINITY

  constructor(nowMs: () => number, everyMs: number, beat: () => void) {
    this.#nowMs = nowMs
    this.#everyMs = everyMs
    this.#beat = beat
  }

  /** To be called for each chunk. */
  count(): void {
    this.#calls++
    if (this.#calls < callsEach) return
    this.#calls = 0
    const nowMs = this.#nowMs()
    if (nowMs - this.#beatenAtMs < this.#everyMs) return
    this.#beatenAtMs = nowMs
    this.#beat()
  }
}
