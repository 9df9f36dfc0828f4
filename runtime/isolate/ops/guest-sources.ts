import type { ByteBudget } from '../../model/byte-budget.ts'
import type { ByteSource, SourceRead } from '../../model/byte-source.ts'
import { freeBytes } from '../../model/free-bytes.ts'
import type { FailedOutcome } from '../../model/outcome.ts'
import type { Pending } from '../instance/pending.ts'
import type { AsyncOps } from './async-ops.ts'
import { CollectedBytes } from './collected-bytes.ts'
import { MemoryShare } from './memory-share.ts'
import type { StreamIds } from './stream-ids.ts'

/** Most bytes of one chunk, unless one came in larger: each crossing costs more than copying what it carries. */
const maxChunkBytes = 256 * 1024

interface Stream {
  readonly id: number
  readonly source: ByteSource
  /** The request that it ends with; undefined = it outlives each of them. */
  readonly owner: Pending | undefined
  /** Of the op that waits for bytes, or for the end; 0 = none. */
  awaitedBy: number
  /** What was collected of it so far counts in this. */
  share: MemoryShare | null
  readonly onHandOn: () => void
}

const notThere = 'Cannot read the body: it was read before, or ended with the request that it belongs to'
const isBeingRead = 'Cannot read the body: it is being read'
const tooLarge = 'Cannot read the body: what the instance sends and receives must fit into limits.memoryMiB'

/** The bodies that one instance's guest reads bit by bit. */
export class GuestSources {
  readonly #ids: StreamIds
  readonly #ops: AsyncOps
  readonly #memory: ByteBudget
  readonly #streams = new Map<number, Stream>()

  constructor(ids: StreamIds, ops: AsyncOps, memory: ByteBudget) {
    this.#ids = ids
    this.#ops = ops
    this.#memory = memory
  }

  /** @returns the id under which the guest reads it, unless it is handed on. */
  open(source: ByteSource, owner: Pending | undefined, onHandOn: () => void = () => {}): number {
    const id = this.#ids.next()
    this.#streams.set(id, { id, source, owner, awaitedBy: 0, share: null, onHandOn })
    owner?.keep(id)
    return id
  }

  /** Hands a stream on to another reader than the guest; null if there is none of that id. */
  handOn(streamId: number): ByteSource | null {
    const stream = this.#streams.get(streamId)
    if (stream === undefined || stream.awaitedBy !== 0) return null
    this.#forget(stream)
    stream.onHandOn()
    return stream.source
  }

  /** What is at hand: bytes, null = the end, undefined = nothing yet, text = why no more comes. */
  pull(streamId: number): Uint8Array | null | undefined | string {
    const stream = this.#streams.get(streamId)
    if (stream === undefined) return notThere
    if (stream.awaitedBy !== 0) return isBeingRead
    const read = stream.source.read()
    switch (read.kind) {
      case 'bytes':
        return joinMore(stream.source, read.bytes)
      case 'empty':
        return undefined
      case 'end':
        this.#forget(stream)
        return null
      case 'failed':
        this.#forget(stream)
        return textOf(read.failure)
    }
  }

  awaitChunk(opId: number, requester: Pending | undefined, streamId: number): void {
    const stream = this.#begin(opId, requester, streamId)
    stream?.source.onceReadable(() => {
      if (stream.awaitedBy !== opId) return
      stream.awaitedBy = 0
      this.#ops.resolve(opId, '')
    })
  }

  /** Reads to the end; the answer comes with all bytes. See `op.collectStream`. */
  collect(opId: number, requester: Pending | undefined, streamId: number): void {
    const stream = this.#begin(opId, requester, streamId)
    if (stream === undefined) return
    const share = new MemoryShare(this.#memory)
    stream.share = share
    const chunks: Uint8Array[] = []
    const readOn = () => {
      while (stream.awaitedBy === opId) {
        const read = stream.source.read()
        if (read.kind === 'empty') return stream.source.onceReadable(readOn)
        if (read.kind === 'end') {
          stream.share = null
          this.#forget(stream)
          const all = new CollectedBytes(chunks, share)
          this.#ops.resolve(opId, all.isLong ? String(all.heldBytes) : '', all)
        } else if (read.kind === 'failed') {
          this.#forget(stream)
          this.#ops.reject(opId, textOf(read.failure))
        } else if (share.hold(read.bytes.byteLength)) {
          chunks.push(read.bytes)
        } else {
          this.#forget(stream)
          stream.source.cancel()
          this.#ops.reject(opId, tooLarge)
        }
      }
    }
    readOn()
  }

  /** The guest reads no more of it. */
  cancel(streamId: number): void {
    const stream = this.#streams.get(streamId)
    if (stream !== undefined) this.#cancel(stream)
  }

  /** Forgets a stream that is still somebody else's to read. */
  handBack(streamId: number): void {
    const stream = this.#streams.get(streamId)
    if (stream !== undefined) this.#forget(stream)
  }

  /** Gives all up. */
  close(): void {
    for (const stream of [...this.#streams.values()]) this.#cancel(stream)
  }

  #begin(opId: number, requester: Pending | undefined, streamId: number): Stream | undefined {
    const stream = this.#streams.get(streamId)
    const giveUp = () => {
      // A waiting callback cannot be taken back, and what was collected is lost: so is the stream.
      if (stream !== undefined) this.#cancel(stream)
    }
    if (!this.#ops.begin(opId, requester ?? stream?.owner, giveUp)) return undefined
    if (stream !== undefined && stream.awaitedBy === 0) {
      stream.awaitedBy = opId
      return stream
    }
    this.#ops.reject(opId, stream === undefined ? notThere : isBeingRead)
    return undefined
  }

  #cancel(stream: Stream): void {
    const opId = stream.awaitedBy
    this.#forget(stream)
    stream.source.cancel()
    if (opId !== 0) this.#ops.reject(opId, notThere)
  }

  #forget(stream: Stream): void {
    stream.awaitedBy = 0
    stream.share?.release()
    stream.share = null
    this.#streams.delete(stream.id)
    stream.owner?.letGo(stream.id)
  }
}

/** Why a body is incomplete, for the guest that reads it. */
function textOf(failure: FailedOutcome): string {
  const reason = failure.kind === 'exception' ? failure.error.message : failure.message
  return `Cannot read the body: ${reason}`
}

function joinMore(source: ByteSource, first: Uint8Array): Uint8Array {
  if (first.byteLength >= maxChunkBytes / 2) return first
  const chunks = [first]
  let length = first.byteLength
  let read: SourceRead
  while (length < maxChunkBytes) {
    // Each read gives a whole chunk: the last may go beyond.
    read = source.read()
    if (read.kind !== 'bytes') break
    chunks.push(read.bytes)
    length += read.bytes.byteLength
  }
  return join(chunks)
}

/** All bytes, as one; the chunks are used up. */
function join(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0]!
  const whole = Buffer.concat(chunks)
  for (const chunk of chunks) freeBytes(chunk)
  return whole
}
