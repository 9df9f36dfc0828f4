import { cancelOp, takeOpBytes } from '../host.ts'
import { awaitOp, forgetOp } from '../invocation/pending-ops.ts'
import { Deferred } from '../language/deferred.ts'
import { TypeError, typedArrayByteLength, typedArraySet, Uint8Array } from '../primordials.ts'
import { awaitChunk, cancelStream, collectStream, pullChunk, takeOpText } from './host-source.ts'

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
  #waiting: { readonly opId: number; readonly answer: Deferred<string> } | null = null
  /** The op whose answer is the body. */
  #collectedBy = 0
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
      await this.#answer(awaitChunk)
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

  /** All bytes. */
  async bytes(): Promise<Uint8Array> {
    const longBytes = await this.#collect()
    const opId = this.#collectedBy
    if (longBytes === 0) return new Uint8Array(takeOpBytes(opId))
    try {
      const all = new Uint8Array(longBytes)
      let at = 0
      while (at < longBytes) {
        const piece = new Uint8Array(takeOpBytes(opId))
        typedArraySet(all, piece, at)
        at += typedArrayByteLength(piece)
      }
      return all
    } finally {
      // Whatever there was no memory for.
      cancelOp(opId)
    }
  }

  /** All bytes as text, which the host decodes. */
  async text(): Promise<string> {
    const longBytes = await this.#collect()
    const opId = this.#collectedBy
    let text = takeOpText(opId, false)
    if (longBytes === 0) return text
    try {
      for (;;) {
        const piece = takeOpText(opId, true)
        if (piece === '') return text
        text += piece
      }
    } finally {
      cancelOp(opId)
    }
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
      // The answer may be on its way, with all bytes.
      cancelOp(waiting.opId)
      waiting.answer.reject(reason)
    }
    this.onFail?.(reason)
  }

  /** @returns 0 if all is to be taken at once, else how many bytes there are, piece by piece. */
  async #collect(): Promise<number> {
    if (this.#failure !== null) throw this.#failure.reason
    try {
      return +(await this.#answer(collectStream))
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

  #answer(begin: (opId: number, requestId: number, streamId: number) => void): Promise<string> {
    const answer = new Deferred<string>()
    const opId = awaitOp({
      requestId: this.#requestId,
      resolve: (text) => {
        this.#waiting = null
        this.#collectedBy = opId
        answer.resolve(text)
      },
      reject: (message) => {
        this.#waiting = null
        answer.reject(new TypeError(message))
      },
    })
    this.#waiting = { opId, answer }
    begin(opId, this.#requestId, this.id)
    return answer.promise
  }
}
