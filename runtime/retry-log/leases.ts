import { randomBytes } from 'node:crypto'
import type { Call, CallId, CallProgress } from '../model/call.ts'
import type { OpenSegment } from './open-segment.ts'
import type { Claimed, Lease } from './retry-log.ts'

/** A call that somebody has. */
export interface HeldCall {
  readonly token: string
  readonly segment: OpenSegment
  readonly index: number
  readonly call: Call
  readonly progress: CallProgress
  endsAtMs: number
  /** What becomes of it is being written: its lease is used up, and does not end. */
  isSettling: boolean
}

/** Who has which call, and until when. */
export class Leases {
  readonly #opening = randomBytes(8).toString('hex')
  #given = 0
  readonly #held = new Map<CallId, HeldCall>()
  /** None ends before. */
  #soonestEndMs = Number.POSITIVE_INFINITY

  give(taken: Pick<HeldCall, 'segment' | 'index' | 'call' | 'progress'>, endsAtMs: number): HeldCall {
    this.#given++
    const token = `${this.#opening}${this.#given}`
    const held = { ...taken, token, endsAtMs, isSettling: false }
    this.#held.set(taken.call.id, held)
    this.#soonestEndMs = Math.min(this.#soonestEndMs, endsAtMs)
    return held
  }

  /** Null if the lease is not the call's, was used, or has ended. */
  find({ callId, token }: Lease, nowMs: number): HeldCall | null {
    const held = this.#held.get(callId)
    return held !== undefined && held.token === token && !held.isSettling && nowMs < held.endsAtMs
      ? held
      : null
  }

  get(id: CallId): HeldCall | null {
    return this.#held.get(id) ?? null
  }

  extend(held: HeldCall, endsAtMs: number): void {
    held.endsAtMs = endsAtMs
    this.#soonestEndMs = Math.min(this.#soonestEndMs, endsAtMs)
  }

  drop(held: HeldCall): void {
    if (this.#held.get(held.call.id) === held) this.#held.delete(held.call.id)
  }

  /** Takes away those that have ended. Looks at all only when one may have. */
  takeEnded(nowMs: number): HeldCall[] {
    if (nowMs < this.#soonestEndMs) return []
    this.#soonestEndMs = Number.POSITIVE_INFINITY
    const ended: HeldCall[] = []
    for (const held of this.#held.values()) {
      if (held.endsAtMs <= nowMs && !held.isSettling) ended.push(held)
      else this.#soonestEndMs = Math.min(this.#soonestEndMs, held.endsAtMs)
    }
    for (const held of ended) this.drop(held)
    return ended
  }

  [Symbol.iterator](): Iterator<HeldCall> {
    return this.#held.values()
  }
}

export function claimedOf({ call, progress, token, segment, index }: HeldCall): Claimed {
  return { lease: { callId: call.id, token }, call, progress, isStopping: segment.isStopping(index) }
}
