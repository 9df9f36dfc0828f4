import type { ByteBudget } from '../../model/byte-budget.ts'
import { BytePipe } from '../../model/byte-pipe.ts'
import type { ByteSource } from '../../model/byte-source.ts'
import type { FailedOutcome } from '../../model/outcome.ts'
import type { Pending } from '../instance/pending.ts'
import type { AsyncOps } from './async-ops.ts'
import { MemoryShare } from './memory-share.ts'
import type { StreamIds } from './stream-ids.ts'

/** Bytes that a guest may write before it is asked to wait. */
const highWaterBytes = 128 * 1024
/**
 * What the first sink of a request, mostly that of its response, may hold at no cost: a guest that waits for room leaves no
 * more than one chunk above the mark, and chunks are small. Of others a request may have a thousand.
 */
const firstFreeBytes = 2 * highWaterBytes

interface Sink {
  readonly id: number
  /** The request that writes to it. */
  readonly owner: Pending
  readonly pipe: BytePipe
  /** What the pipe holds beyond `freeBytes`. */
  readonly share: MemoryShare
  readonly freeBytes: number
  /** It has a reader: a socket, or an outbound request. */
  isClaimed: boolean
  /** Of the op that waits for room; 0 = none. */
  awaitedBy: number
  onClosed: (how: SinkEnd) => void
}

/** How a sink came to its end: by the guest or on its account, or because its reader went away. */
export type SinkEnd = 'ended' | 'canceled'

export const heedlessWriter =
  'Cannot write: what the instance sends and receives must fit into limits.memoryMiB; wait for room between chunks'
const noReader = 'Cannot write: nobody reads it any more'
const unfinished: FailedOutcome = {
  kind: 'no_response',
  message: 'The body was not written to its end: its request has ended',
}

/** The bodies that one instance's guest writes bit by bit. */
export class GuestSinks {
  readonly #ids: StreamIds
  readonly #ops: AsyncOps
  readonly #memory: ByteBudget
  readonly #sinks = new Map<number, Sink>()

  constructor(ids: StreamIds, ops: AsyncOps, memory: ByteBudget) {
    this.#ids = ids
    this.#ops = ops
    this.#memory = memory
  }

  /** A sink for a body of that request; undefined if it may open no more: one for its response, and each subrequest. */
  open(owner: Pending): number | undefined {
    const { subrequests } = owner.invocation.target.manifest.limits
    if (owner.sinks > subrequests) return undefined
    owner.sinks++
    const id = this.#ids.next()
    const pipe: BytePipe = new BytePipe(highWaterBytes, {
      onRoom: () => this.#tellRoom(sink),
      onCancel: () => this.#close(sink, 'canceled'),
      onLess: () => sink.share.holdOnly(excessOf(sink, pipe.heldBytes)),
    })
    const share = new MemoryShare(this.#memory)
    const freeBytes = owner.sinks === 1 ? firstFreeBytes : 0
    const sink: Sink = {
      id,
      owner,
      pipe,
      share,
      freeBytes,
      isClaimed: false,
      awaitedBy: 0,
      onClosed: () => {},
    }
    this.#sinks.set(id, sink)
    owner.keep(id)
    return id
  }

  /**
   * Gives the response of a request its body; null if the request has no sink of that id. `onClosed` is called when the
   * guest will write no more to it, at once if that is so already.
   */
  claimResponse(sinkId: number, owner: Pending, onClosed: (how: SinkEnd) => void): ByteSource | null {
    return this.#sinks.get(sinkId)?.owner === owner ? this.#claim(sinkId, onClosed) : null
  }

  /**
   * Gives an outbound request its body; null if there is no sink of that id. It does not end with the request that
   * opened it: which one that was, the guest may not have known.
   */
  claimUpload(sinkId: number): ByteSource | null {
    this.#sinks.get(sinkId)?.owner.letGo(sinkId)
    return this.#claim(sinkId, () => {})
  }

  #claim(sinkId: number, onClosed: (how: SinkEnd) => void): ByteSource | null {
    const sink = this.#sinks.get(sinkId)
    if (sink === undefined || sink.isClaimed) return null
    sink.isClaimed = true
    if (sink.pipe.isOpen) {
      sink.onClosed = onClosed
    } else {
      this.#sinks.delete(sinkId)
      onClosed('ended')
    }
    return sink.pipe
  }

  /** Whether there is room for more; null = nobody reads it, or it has ended. */
  push(sinkId: number, bytes: Uint8Array): boolean | null {
    const sink = this.#sinks.get(sinkId)
    if (sink === undefined || !sink.pipe.isOpen) return null
    const { pipe, share } = sink
    if (share.holdOnly(excessOf(sink, pipe.heldBytes + bytes.byteLength))) return pipe.write(bytes)
    this.#fail(sink, { kind: 'exceeded_memory', message: heedlessWriter })
    return null
  }

  awaitRoom(opId: number, requester: Pending | undefined, sinkId: number): void {
    const sink = this.#sinks.get(sinkId)
    const isWaiting = sink !== undefined && sink.awaitedBy !== 0
    const giveUp = () => {
      if (sink !== undefined) sink.awaitedBy = 0
    }
    if (isWaiting || !this.#ops.begin(opId, requester ?? sink?.owner, giveUp)) return
    if (sink === undefined || !sink.pipe.isOpen) this.#ops.reject(opId, noReader)
    else if (sink.pipe.isFull) sink.awaitedBy = opId
    else this.#ops.resolve(opId, '')
  }

  /** That was all; with a reason it is incomplete. */
  end(sinkId: number, reason: string | undefined): void {
    const sink = this.#sinks.get(sinkId)
    if (sink === undefined || !sink.pipe.isOpen) return
    if (reason === undefined) {
      sink.pipe.end()
      this.#close(sink, 'ended')
    } else {
      this.#fail(sink, { kind: 'exception', error: { name: 'Error', message: reason, stack: '' } })
    }
  }

  /** Whoever reads it learns why it ends here; nothing happens if it has ended. */
  fail(sinkId: number, failure: FailedOutcome): void {
    const sink = this.#sinks.get(sinkId)
    if (sink?.pipe.isOpen) this.#fail(sink, failure)
  }

  /** The request has ended: what it has not written to this sink it never will. */
  forget(sinkId: number): void {
    this.fail(sinkId, unfinished)
    this.#sinks.delete(sinkId)
  }

  /** `failureOf` says what became of a request's body. */
  close(failureOf: (owner: Pending) => FailedOutcome): void {
    for (const sink of [...this.#sinks.values()]) {
      if (sink.pipe.isOpen) sink.pipe.fail(failureOf(sink.owner))
    }
    this.#sinks.clear()
  }

  #fail(sink: Sink, failure: FailedOutcome): void {
    sink.pipe.fail(failure)
    this.#close(sink, 'ended')
  }

  #close(sink: Sink, how: SinkEnd): void {
    if (sink.awaitedBy !== 0) this.#ops.reject(sink.awaitedBy, noReader)
    sink.awaitedBy = 0
    // Until somebody claims it: all may be written before that.
    if (sink.isClaimed) this.#sinks.delete(sink.id)
    sink.owner.letGo(sink.id)
    sink.onClosed(how)
  }

  #tellRoom(sink: Sink): void {
    if (sink.awaitedBy === 0) return
    const opId = sink.awaitedBy
    sink.awaitedBy = 0
    this.#ops.resolve(opId, '')
  }
}

function excessOf({ freeBytes }: Sink, heldBytes: number): number {
  return Math.max(0, heldBytes - freeBytes)
}
