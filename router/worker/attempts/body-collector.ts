import { type ByteSource, type FailedOutcome, freeBytes } from '../../../runtime/index.ts'

/** What came of a body. */
export type Collected =
  | { readonly kind: 'whole'; readonly bytes: Uint8Array }
  /** The rest was not waited for. */
  | { readonly kind: 'too_large'; readonly bytes: number }
  | { readonly kind: 'failed'; readonly failure: FailedOutcome }

export interface CollectorOptions {
  readonly maxBytes: number
  /** For all of it; then it fails with `tooLate`. */
  readonly withinMs: number
  readonly tooLate: FailedOutcome
  /** Called once, perhaps from within `start`; not after `cancel`. */
  readonly onCollected: (collected: Collected) => void
}

/** Collects a body that comes bit by bit, within bounds. */
export class BodyCollector {
  readonly #source: ByteSource
  readonly #options: CollectorOptions
  readonly #timer: NodeJS.Timeout
  #chunks: Buffer[] = []
  #bytes = 0
  #isOver = false

  constructor(source: ByteSource, options: CollectorOptions) {
    this.#source = source
    this.#options = options
    this.#timer = setTimeout(() => this.#giveUp(options.tooLate), Math.max(0, options.withinMs))
  }

  start(): void {
    while (!this.#isOver) {
      const read = this.#source.read()
      if (read.kind === 'empty') {
        this.#source.onceReadable(() => this.start())
        return
      }
      if (read.kind === 'bytes') this.#add(read.bytes)
      else if (read.kind === 'failed') this.#end({ kind: 'failed', failure: read.failure })
      else this.#end({ kind: 'whole', bytes: Buffer.concat(this.#chunks) })
    }
  }

  /** Nobody wants it any more. */
  cancel(): void {
    if (this.#isOver) return
    this.#close()
    this.#source.cancel()
  }

  #add(bytes: Uint8Array): void {
    this.#bytes += bytes.byteLength
    if (this.#bytes > this.#options.maxBytes) {
      this.#source.cancel()
      this.#end({ kind: 'too_large', bytes: this.#bytes })
      return
    }
    // Copied, for many small ones may lie in large memory.
    this.#chunks.push(Buffer.from(bytes))
    freeBytes(bytes)
  }

  #giveUp(failure: FailedOutcome): void {
    this.#source.cancel()
    this.#end({ kind: 'failed', failure })
  }

  #end(collected: Collected): void {
    this.#close()
    this.#options.onCollected(collected)
  }

  #close(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
    this.#chunks = []
  }
}
