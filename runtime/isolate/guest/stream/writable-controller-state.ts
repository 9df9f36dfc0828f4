import type { AbortSignal } from '../event/abort-signal.ts'
import { whenSettled } from './promise-steps.ts'
import { SizedQueue } from './sized-queue.ts'
import type { Strategy } from './strategy.ts'
import type { WritableState } from './writable-state.ts'

/** Where the chunks go. None throws. */
export interface WritableSink {
  write(chunk: unknown): Promise<unknown>
  close(): Promise<unknown>
  abort(reason: unknown): Promise<unknown>
}

/** Stands in the queue behind the last chunk. */
const endOfChunks = {}

/** The Streams standard's default controller of writable streams: hands the sink one chunk after the other. */
export class WritableControllerState {
  readonly stream: WritableState
  isStarted = false
  readonly #queue = new SizedQueue()
  readonly #highWaterMark: number
  #sizeOf: Strategy['sizeOf']
  /** null = never called again. */
  #sink: WritableSink | null
  #signal: AbortSignal | null = null
  #abortReason: { readonly reason: unknown } | null = null

  constructor(stream: WritableState, sink: WritableSink, strategy: Strategy) {
    this.stream = stream
    this.#sink = sink
    this.#highWaterMark = strategy.highWaterMark
    this.#sizeOf = strategy.sizeOf
    stream.controller = this
    stream.setBackpressure(this.#isFull)
  }

  /** Hands chunks to the sink from when `started` is settled. */
  start(started: Promise<unknown>): void {
    whenSettled(
      started,
      () => {
        this.isStarted = true
        this.#advance()
      },
      (reason) => {
        this.isStarted = true
        this.stream.dealWithRejection(reason)
      },
    )
  }

  get desiredSize(): number {
    return this.#highWaterMark - this.#queue.totalSize
  }

  get #isFull(): boolean {
    return this.desiredSize <= 0
  }

  /** Aborts when the stream is aborted. */
  get signal(): AbortSignal {
    if (this.#signal === null) {
      this.#signal = require('../event/abort-signal.ts').newSignal()
      if (this.#abortReason !== null) this.#abortSignal(this.#signal, this.#abortReason.reason)
    }
    return this.#signal
  }

  signalAbort(reason: unknown): void {
    this.#abortReason ??= { reason }
    if (this.#signal !== null) this.#abortSignal(this.#signal, reason)
  }

  #abortSignal(signal: AbortSignal, reason: unknown): void {
    require('../event/abort-signal.ts').abort(signal, reason)
  }

  /** What the strategy says of a chunk; the stream fails if it throws. */
  sizeOf(chunk: unknown): number {
    const sizeOf = this.#sizeOf
    if (sizeOf === null) return 1
    try {
      return +(sizeOf(chunk) as number)
    } catch (thrown) {
      this.failIfWritable(thrown)
      return 1
    }
  }

  write(chunk: unknown, size: number): void {
    try {
      this.#queue.add(chunk, size)
    } catch (thrown) {
      this.failIfWritable(thrown)
      return
    }
    this.#updateBackpressure()
    this.#advance()
  }

  #updateBackpressure(): void {
    const { stream } = this
    if (!stream.isClosing && stream.status === 'writable') stream.setBackpressure(this.#isFull)
  }

  close(): void {
    this.#queue.add(endOfChunks, 0)
    this.#advance()
  }

  failIfWritable(reason: unknown): void {
    if (this.stream.status !== 'writable') return
    this.#forgetSink()
    this.stream.startErroring(reason)
  }

  abort(reason: unknown): Promise<unknown> {
    const answer = this.#sink!.abort(reason)
    this.#forgetSink()
    return answer
  }

  clearQueue(): void {
    this.#queue.clear()
  }

  #forgetSink(): void {
    this.#sink = null
    this.#sizeOf = null
  }

  #advance(): void {
    const { stream } = this
    if (!this.isStarted || stream.hasWriteInFlight) return
    if (stream.status === 'erroring') {
      stream.finishErroring()
      return
    }
    if (this.#queue.isEmpty) return
    const chunk = this.#queue.head
    if (chunk === endOfChunks) this.#closeSink()
    else this.#writeToSink(chunk)
  }

  #closeSink(): void {
    const { stream } = this
    stream.beginClose()
    this.#queue.take()
    const closed = this.#sink!.close()
    this.#forgetSink()
    whenSettled(
      closed,
      () => stream.finishClose(),
      (reason) => stream.failClose(reason),
    )
  }

  #writeToSink(chunk: unknown): void {
    this.stream.beginWrite()
    whenSettled(this.#sink!.write(chunk), this.#onWritten, this.#onWriteFailed)
  }

  readonly #onWritten = (): void => {
    this.stream.finishWrite()
    this.#queue.take()
    this.#updateBackpressure()
    this.#advance()
  }

  readonly #onWriteFailed = (reason: unknown): void => {
    if (this.stream.status === 'writable') this.#forgetSink()
    this.stream.failWrite(reason)
  }
}
