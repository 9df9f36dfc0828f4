import { BytePipe } from '../../model/byte-pipe.ts'
import type { ByteSource } from '../../model/byte-source.ts'
import type { FailedOutcome } from '../../model/outcome.ts'
import type { MemoryShare } from '../ops/memory-share.ts'
import type { OpenAnswer } from './outbound-queue.ts'

/** Bytes that are fetched ahead of whoever reads. */
const highWaterBytes = 128 * 1024
/** What an open answer costs besides its bytes, so that their number is bounded too. */
const ownBytes = 4096
/** What unpacking may take at no cost: most answers are shorter, and take no more than they are long. */
const freeUnpackingBytes = 1024 * 1024

let turn = 0

/** The body of an answer to an outbound request, fetched as it is read. */
export class OutboundBody implements OpenAnswer {
  readonly #pipe: BytePipe
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #share: MemoryShare
  readonly #unpackingBytes: number
  #receivedBytes = 0
  readonly #reasonOf: (error: unknown) => string
  readonly #idleMs: number
  readonly #onOver: () => void
  readonly #onStalled: () => void
  #idleTimer: NodeJS.Timeout | null = null
  #onRoom: (() => void) | null = null
  #isOver = false
  lastReadTurn = ++turn
  /** Somebody else than the guest reads it: it cannot be known when. */
  isHandedOn = false

  constructor(
    stream: ReadableStream<Uint8Array>,
    {
      share,
      unpackingBytes,
      reasonOf,
      idleMs,
      onOver,
      onStalled,
    }: {
      /** Holds the bytes; it is released with the last of them. */
      readonly share: MemoryShare
      /** Most that unpacking it takes: what came last is kept, to look back to. */
      readonly unpackingBytes: number
      /** What is said to the reader of an error. */
      readonly reasonOf: (error: unknown) => string
      /** A body that nobody reads is given up after this long. */
      readonly idleMs: number
      /** All came, or no more will: the connection is free. */
      readonly onOver: () => void
      readonly onStalled: () => void
    },
  ) {
    this.#share = share
    this.#unpackingBytes = unpackingBytes
    this.#reasonOf = reasonOf
    this.#idleMs = idleMs
    this.#onOver = onOver
    this.#onStalled = onStalled
    this.#reader = stream.getReader()
    this.#pipe = new BytePipe(highWaterBytes, {
      onRoom: () => this.#noteRoom(),
      onCancel: () => this.#stop(),
      onLess: () => this.#noteRead(),
    })
    void this.#pump()
  }

  get source(): ByteSource {
    return this.#pipe
  }

  /** All of it, if it came already; it counts as read then. */
  takeWhole(): Uint8Array | null {
    if (this.#pipe.isOpen) return null
    const chunks: Uint8Array[] = []
    for (let read = this.#pipe.read(); read.kind !== 'end'; read = this.#pipe.read()) {
      // A failure is for whoever reads.
      if (read.kind !== 'bytes') return null
      chunks.push(read.bytes)
    }
    return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
  }

  get isStalled(): boolean {
    return !this.isHandedOn && this.#onRoom !== null
  }

  giveUp(): void {
    const message = 'it was given up so that other requests could begin: six were open, and none was read'
    this.#fail({ kind: 'overloaded', message })
  }

  async #pump(): Promise<void> {
    try {
      for (;;) {
        const { value, done } = await this.#reader.read()
        if (this.#isOver) return
        if (done) break
        this.#receivedBytes += value.byteLength
        if (!this.#share.holdOnly(this.#heldBytes + value.byteLength)) {
          const message = 'what the instance sends and receives must fit into limits.memoryMiB'
          this.#fail({ kind: 'exceeded_memory', message })
          return
        }
        if (!this.#pipe.write(value)) await this.#room()
      }
      this.#pipe.end()
      this.#end()
    } catch (error) {
      this.#fail({
        kind: 'exception',
        error: { name: 'TypeError', message: this.#reasonOf(error), stack: '' },
      })
    }
  }

  get #heldBytes(): number {
    const unpacking = this.#isOver
      ? 0
      : Math.min(this.#receivedBytes, this.#unpackingBytes) - freeUnpackingBytes
    return ownBytes + this.#pipe.heldBytes + Math.max(0, unpacking)
  }

  #room(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#onRoom = resolve
    this.#idleTimer = setTimeout(() => {
      const message = `nobody read it for limits.streamIdleMs, ${this.#idleMs} ms`
      this.#fail({ kind: 'exceeded_wall_time', message })
    }, this.#idleMs).unref()
    this.#onStalled()
    return promise
  }

  #noteRoom(): void {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer)
    this.#idleTimer = null
    const onRoom = this.#onRoom
    this.#onRoom = null
    onRoom?.()
  }

  #noteRead(): void {
    this.lastReadTurn = ++turn
    if (this.#isOver && this.#pipe.heldBytes === 0) this.#share.release()
    else this.#share.holdOnly(this.#heldBytes)
  }

  #fail(failure: FailedOutcome): void {
    if (this.#isOver) return
    this.#pipe.fail(failure)
    this.#stop()
  }

  #stop(): void {
    if (this.#isOver) return
    // It is not read on: nobody wants to know how that went.
    this.#reader.cancel().catch(() => {})
    this.#end()
  }

  #end(): void {
    this.#isOver = true
    if (this.#pipe.heldBytes === 0) this.#share.release()
    this.#noteRoom()
    this.#onOver()
  }
}
