import type { ByteSource, SourceRead } from './byte-source.ts'
import { ChunkQueue } from './chunk-queue.ts'
import type { FailedOutcome } from './outcome.ts'

const empty: SourceRead = { kind: 'empty' }
const end: SourceRead = { kind: 'end' }

/** Who writes into a pipe, as the pipe tells it. */
export interface PipeWriter {
  /** There is room again after `write` said that there is none. Never called from within a call of the pipe. */
  onRoom(): void
  /** Nobody reads on. Never called from within a call of the pipe. */
  onCancel(): void
  /** The pipe holds fewer bytes than before: they were read, or dropped. Called at once. */
  onLess?(): void
}

/**
 * Bytes between one who writes and one who reads, who take turns at their own pace. Holds at most `highWaterBytes` and
 * one chunk more, if the writer heeds what `write` says.
 */
export class BytePipe implements ByteSource {
  readonly #highWaterBytes: number
  readonly #writer: PipeWriter
  readonly #chunks = new ChunkQueue()
  #state: 'open' | 'ended' | 'failed' | 'canceled' = 'open'
  #failure: FailedOutcome | null = null
  #isFull = false
  #onReadable: (() => void) | null = null

  constructor(highWaterBytes: number, writer: PipeWriter) {
    this.#highWaterBytes = highWaterBytes
    this.#writer = writer
  }

  /** Bytes written and not read yet. */
  get heldBytes(): number {
    return this.#chunks.byteLength
  }

  /** Whether `write` last said that there is no room, and there is none yet. */
  get isFull(): boolean {
    return this.#isFull
  }

  /** Whether more may be written: neither ended nor failed nor canceled. */
  get isOpen(): boolean {
    return this.#state === 'open'
  }

  /**
   * Adds a chunk, which is the reader's from now on. What comes when it is not open is dropped.
   *
   * @returns whether there is room for more; if not, `onRoom` tells when there is.
   */
  write(bytes: Uint8Array): boolean {
    if (this.#state !== 'open') return true
    if (bytes.byteLength > 0) {
      this.#chunks.push(bytes)
      this.#wakeReader()
    }
    this.#isFull = this.heldBytes >= this.#highWaterBytes
    return !this.#isFull
  }

  /** No more comes; what was written can still be read. */
  end(): void {
    if (this.#state !== 'open') return
    this.#state = 'ended'
    this.#wakeReader()
  }

  /** No more comes, and what was not read yet is dropped: the whole is of no use. */
  fail(failure: FailedOutcome): void {
    if (this.#state !== 'open') return
    this.#state = 'failed'
    this.#failure = failure
    this.#drop()
    this.#wakeReader()
  }

  read(): SourceRead {
    const bytes = this.#chunks.shift()
    if (bytes !== undefined) {
      this.#writer.onLess?.()
      this.#noteRoom()
      return { kind: 'bytes', bytes }
    }
    if (this.#failure !== null) return { kind: 'failed', failure: this.#failure }
    return this.#state === 'open' ? empty : end
  }

  onceReadable(callback: () => void): void {
    if (this.heldBytes === 0 && this.#state === 'open') this.#onReadable = callback
    else queueMicrotask(callback)
  }

  cancel(): void {
    if (this.#state === 'canceled') return
    const wasOpen = this.#state === 'open'
    this.#state = 'canceled'
    this.#onReadable = null
    this.#drop()
    if (wasOpen) queueMicrotask(() => this.#writer.onCancel())
  }

  #drop(): void {
    this.#chunks.clear()
    this.#writer.onLess?.()
  }

  #noteRoom(): void {
    // At half, so that the two sides do not wake each other for every chunk.
    if (!this.#isFull || this.heldBytes > this.#highWaterBytes / 2) return
    this.#isFull = false
    queueMicrotask(() => {
      if (this.#state === 'open') this.#writer.onRoom()
    })
  }

  #wakeReader(): void {
    const callback = this.#onReadable
    if (callback === null) return
    this.#onReadable = null
    queueMicrotask(callback)
  }
}
