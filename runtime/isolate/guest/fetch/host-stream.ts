import { awaitChunk, cancelStream, collectStream, pullChunk, takeOpBytes, takeOpText } from '../host.ts'
import { awaitOp, forgetOp } from '../invocation/pending-ops.ts'
import { Deferred } from '../language/deferred.ts'
import { TypeError, Uint8Array } from '../primordials.ts'

/**
 * A body that the host gets bit by bit: of a request that came in, or of an answer to `fetch`. Nothing of it is fetched
 * before somebody reads, and at most one reads at a time.
 */
export class HostStream {
  /** Of the stream at the host. */
  readonly id: number
  /** Who is charged for what is done with it. */
  readonly #requestId: number
  /** All was read, or nobody reads on. */
  isOver = false
  /** Why it was given up. */
  #failure: { readonly reason: unknown } | null = null
  #waiting: { readonly opId: number; readonly answer: Deferred<unknown> } | null = null
  /** Told when it fails without anybody having read it. */
  onFail: ((reason: unknown) => void) | null = null
  /** Told when it is over. */
  onOver: (() => void) | null = null

  constructor(id: number, requestId: number) {
    this.id = id
    this.#requestId = requestId
  }

  /**
   * Delivers the next bytes, null at the end.
   *
   * @throws TypeError if no more comes; what `fail` was given.
   */
  async pull(deliver: (bytes: Uint8Array | null) => void): Promise<void> {
    let chunk = this.#next()
    while (chunk === undefined) {
      await this.#answer(awaitChunk, () => undefined)
      chunk = this.#next()
    }
    deliver(chunk === null ? null : new Uint8Array(chunk))
  }

  #next(): ArrayBuffer | null | undefined {
    if (this.#failure !== null) throw this.#failure.reason
    if (this.isOver) return null
    const chunk = pullChunk(this.id)
    if (chunk === undefined || (typeof chunk === 'object' && chunk !== null)) return chunk
    this.#end()
    if (chunk === null) return null
    throw new TypeError(chunk)
  }

  /** All bytes, in one crossing. */
  async bytes(): Promise<Uint8Array> {
    return new Uint8Array(await this.#collect(takeOpBytes))
  }

  /** All bytes as text, which the host decodes. */
  async text(): Promise<string> {
    return this.#collect(takeOpText)
  }

  /** Nobody reads on. */
  cancel(): void {
    if (this.isOver) return
    this.#end()
    cancelStream(this.id)
  }

  /** The host hands it on by itself. @returns its id */
  handOn(): number {
    this.#end()
    return this.id
  }

  /** Nobody shall read on: whoever does is told why. */
  fail(reason: unknown): void {
    if (this.isOver) return
    this.#failure = { reason }
    this.#end()
    cancelStream(this.id)
    const waiting = this.#waiting
    this.#waiting = null
    if (waiting !== null) {
      forgetOp(waiting.opId)
      waiting.answer.reject(reason)
    }
    this.onFail?.(reason)
  }

  async #collect<Value>(take: (opId: number) => Value): Promise<Value> {
    if (this.#failure !== null) throw this.#failure.reason
    try {
      return await this.#answer(collectStream, take)
    } finally {
      this.#end()
    }
  }

  #end(): void {
    if (this.isOver) return
    this.isOver = true
    this.onOver?.()
    this.onOver = null
  }

  #answer<Value>(
    begin: (opId: number, requestId: number, streamId: number) => void,
    take: (opId: number) => Value,
  ): Promise<Value> {
    const answer = new Deferred<Value>()
    const opId = awaitOp({
      requestId: this.#requestId,
      resolve: () => {
        this.#waiting = null
        answer.resolve(take(opId))
      },
      reject: (message) => {
        this.#waiting = null
        answer.reject(new TypeError(message))
      },
    })
    this.#waiting = { opId, answer: answer as Deferred<unknown> }
    begin(opId, this.#requestId, this.id)
    return answer.promise
  }
}
