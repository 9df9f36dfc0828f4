import { Deferred } from '../language/deferred.ts'
import { Number, RangeError, TypeError } from '../primordials.ts'

/** What feeds a stream. `pull` and `cancel` may be asynchronous. */
export interface StreamSource {
  pull(): unknown
  cancel(reason: unknown): unknown
}

export interface ReadResult {
  readonly value: unknown
  readonly done: boolean
}

interface Chunk {
  readonly value: unknown
  readonly size: number
  next: Chunk | null
}

interface ReadRequest {
  readonly deferred: Deferred<ReadResult>
  next: ReadRequest | null
}

/** The stream's lock, held by a reader. */
export interface StreamLock {
  readonly closed: Deferred<undefined>
}

/**
 * A readable stream and its default controller, as the Streams standard has them: the queue, who waits for it, and how
 * it ends. The classes that guests hold are thin wrappers.
 */
export class StreamState {
  status: 'readable' | 'closed' | 'errored' = 'readable'
  error: unknown = undefined
  isDisturbed = false
  lock: StreamLock | null = null
  #source: StreamSource | null = null
  readonly #highWaterMark: number
  readonly #sizeOf: (chunk: unknown) => unknown
  #firstChunk: Chunk | null = null
  #lastChunk: Chunk | null = null
  #queuedSize = 0
  #firstRequest: ReadRequest | null = null
  #lastRequest: ReadRequest | null = null
  #isStarted = false
  #isPulling = false
  #pullsAgain = false
  #isClosing = false

  constructor(highWaterMark: number, sizeOf: (chunk: unknown) => unknown) {
    this.#highWaterMark = highWaterMark
    this.#sizeOf = sizeOf
  }

  /** Begins to pull when `started` has settled. */
  async start(source: StreamSource, started: unknown): Promise<void> {
    this.#source = source
    try {
      await started
      this.#isStarted = true
      this.#pullIfNeeded()
    } catch (reason) {
      this.fail(reason)
    }
  }

  get desiredSize(): number | null {
    if (this.status === 'errored') return null
    return this.status === 'closed' ? 0 : this.#highWaterMark - this.#queuedSize
  }

  get canEnqueue(): boolean {
    return this.status === 'readable' && !this.#isClosing
  }

  enqueue(value: unknown): void {
    if (!this.canEnqueue) throw new TypeError('Cannot enqueue: the stream is closed or has failed')
    const request = this.#firstRequest
    if (request !== null) {
      this.#firstRequest = request.next
      request.deferred.resolve({ value, done: false })
    } else {
      this.#append(value, this.#measure(value))
    }
    this.#pullIfNeeded()
  }

  #measure(value: unknown): number {
    try {
      const size = Number(this.#sizeOf(value))
      if (!(size >= 0 && size < Number.POSITIVE_INFINITY)) {
        throw new RangeError(`Cannot enqueue: the chunk's size is ${size}, must be a finite number from 0`)
      }
      return size
    } catch (reason) {
      this.fail(reason)
      throw reason
    }
  }

  #append(value: unknown, size: number): void {
    const chunk: Chunk = { value, size, next: null }
    if (this.#firstChunk === null) this.#firstChunk = chunk
    else this.#lastChunk!.next = chunk
    this.#lastChunk = chunk
    this.#queuedSize += size
  }

  /** No more comes; what is queued can still be read. */
  requestClose(): void {
    if (!this.canEnqueue) throw new TypeError('Cannot close: the stream is closed or has failed')
    this.#isClosing = true
    if (this.#firstChunk === null) this.#close()
  }

  #close(): void {
    this.status = 'closed'
    this.#source = null
    this.#eachRequest((deferred) => deferred.resolve({ value: undefined, done: true }))
    this.lock?.closed.resolve(undefined)
  }

  fail(reason: unknown): void {
    if (this.status !== 'readable') return
    this.status = 'errored'
    this.error = reason
    this.#source = null
    this.#dropQueue()
    this.#eachRequest((deferred) => deferred.reject(reason))
    this.lock?.closed.reject(reason)
  }

  read(): Promise<ReadResult> {
    this.isDisturbed = true
    const deferred = new Deferred<ReadResult>()
    if (this.status === 'closed') deferred.resolve({ value: undefined, done: true })
    else if (this.status === 'errored') deferred.reject(this.error)
    else if (this.#firstChunk !== null) deferred.resolve({ value: this.#shift(), done: false })
    else this.#wait(deferred)
    return deferred.promise
  }

  #shift(): unknown {
    const chunk = this.#firstChunk!
    this.#firstChunk = chunk.next
    this.#queuedSize = chunk.next === null ? 0 : this.#queuedSize - chunk.size
    if (this.#isClosing && chunk.next === null) this.#close()
    else this.#pullIfNeeded()
    return chunk.value
  }

  #wait(deferred: Deferred<ReadResult>): void {
    const request: ReadRequest = { deferred, next: null }
    if (this.#firstRequest === null) this.#firstRequest = request
    else this.#lastRequest!.next = request
    this.#lastRequest = request
    this.#pullIfNeeded()
  }

  async cancel(reason: unknown): Promise<undefined> {
    this.isDisturbed = true
    if (this.status === 'errored') throw this.error
    if (this.status === 'closed') return
    const source = this.#source
    this.#close()
    this.#dropQueue()
    await source?.cancel(reason)
  }

  /** Those who wait are told that the lock is gone. */
  release(reason: unknown): void {
    this.#eachRequest((deferred) => deferred.reject(reason))
    this.lock = null
  }

  #eachRequest(settle: (deferred: Deferred<ReadResult>) => void): void {
    let request = this.#firstRequest
    this.#firstRequest = null
    for (; request !== null; request = request.next) settle(request.deferred)
  }

  #dropQueue(): void {
    this.#firstChunk = null
    this.#queuedSize = 0
  }

  #pullIfNeeded(): void {
    if (!this.#isStarted || !this.canEnqueue) return
    if (this.#firstRequest === null && this.desiredSize! <= 0) return
    if (this.#isPulling) this.#pullsAgain = true
    else void this.#pull()
  }

  async #pull(): Promise<void> {
    this.#isPulling = true
    try {
      await this.#source!.pull()
    } catch (reason) {
      this.fail(reason)
    }
    this.#isPulling = false
    if (!this.#pullsAgain) return
    this.#pullsAgain = false
    this.#pullIfNeeded()
  }
}
