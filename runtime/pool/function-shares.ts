import type { PoolSettings } from '../model/function.ts'
import {
  exceeds,
  type Grant,
  isSameShare,
  type LeaseNote,
  larger,
  noShare,
  type Share,
} from '../model/share.ts'

export interface FunctionSharesOptions {
  /** Monotonic. */
  readonly nowMs: () => number
  /** Calls back once, after so long. Default: a timer that keeps no process alive. */
  readonly schedule?: (callback: () => void, delayMs: number) => void
  /** To the supervisor. */
  readonly send: (note: LeaseNote) => void
  /** What of the function is in this worker: requests that run or wait, and instances. */
  readonly inUse: (functionName: string) => Share
  /** Instances here that are to stay ready, used or not: `pool.provisioned`. */
  readonly kept: (functionName: string) => number
  /** `of` or `askMore` may answer something else than before. */
  readonly onChanged: (functionName: string) => void
}

/** How long requests wait for the supervisor's answer when a share is used up. */
const patienceMs = 100
/** After a refusal nobody asks again for so long: a flood must not become one of questions. */
const refusalMs = 20
/** The same for one that has none: its requests run elsewhere meanwhile. */
const elsewhereMs = 200
const activeTickMs = 20
const restingTickMs = 500
/** A share that was not used for so long is given back, if no instance is left. */
const releaseAfterMs = 10_000

interface Held {
  /** Null until the first answer. */
  share: Share | null
  holders: readonly number[]
  sequence: number
  /** What the supervisor was told that is not passed. */
  told: Share
  /** Grants that heard of no want since are about a share that was given back. */
  readonly firstWantId: number
  need: Share
  /** Of the want whose answer requests wait for; 0 = none. */
  askId: number
  askedAtMs: number
  refusedUntilMs: number
  /** Somebody was refused since. */
  isUnmet: boolean
  /** Requests that found no room since the last look. */
  shortRequests: number
  shortInstances: number
  /** The function may not run at all. */
  isBlocked: boolean
  /** Somebody looked at it since the last look. */
  isFresh: boolean
  usedAtMs: number
}

/**
 * What this worker may have of functions whose settings cap them over all workers. Asked for on demand; never more than the
 * supervisor granted.
 */
export class FunctionShares {
  readonly #options: FunctionSharesOptions
  readonly #schedule: (callback: () => void, delayMs: number) => void
  readonly #held = new Map<string, Held>()
  #lastWantId = 0
  /** When the next look is due; null if nothing is held. */
  #tickAtMs: number | null = null
  #isClosed = false

  constructor(options: FunctionSharesOptions) {
    this.#options = options
    this.#schedule = options.schedule ?? ((callback, delayMs) => setTimeout(callback, delayMs).unref())
  }

  /**
   * What this worker may have of the function; null = that is being asked, and `onChanged` follows. For functions that
   * have `reserved` or `maxInstances`.
   */
  of(functionName: string, { reserved }: PoolSettings): Share | null {
    const known = this.#held.get(functionName)
    if (reserved === 0) {
      if (known !== undefined) known.isBlocked = true
      return noShare
    }
    const held = known ?? this.#begin(functionName)
    held.isBlocked = false
    held.isFresh = true
    return held.share
  }

  /**
   * More is wanted than `of` said. True = it was asked for, and `onChanged` follows within 100 ms; false = there is no
   * more just now, and `onChanged` follows when it is worth asking again.
   */
  askMore(functionName: string, what: keyof Share): boolean {
    const held = this.#held.get(functionName)
    if (held === undefined || held.isBlocked) return false
    held.isFresh = true
    if (what === 'requests') held.shortRequests++
    else held.shortInstances++
    if (held.askId !== 0) return true
    if (this.#options.nowMs() < held.refusedUntilMs) {
      held.isUnmet = true
      this.#wake(activeTickMs)
      return false
    }
    this.#ask(functionName, held)
    return true
  }

  /** Workers that have a share, when this one has none. */
  holders(functionName: string): readonly number[] {
    return this.#held.get(functionName)?.holders ?? []
  }

  /** Those that were said to have a share have none: asks again, and `onChanged` follows. */
  doubt(functionName: string): void {
    const held = this.#held.get(functionName)
    if (held === undefined || held.askId !== 0) return
    held.holders = []
    this.#ask(functionName, held)
  }

  /** What the supervisor says. */
  receive(grant: Grant): void {
    const { functionName, share, sequence } = grant
    const held = this.#held.get(functionName)
    if (held === undefined || grant.wantId < held.firstWantId) return
    const isRefusal = !exceeds(share, held.share ?? noShare)
    held.share = share
    held.holders = grant.holders
    held.sequence = sequence
    if (grant.isAnswer && held.askId !== 0 && grant.wantId >= held.askId) {
      held.askId = 0
      const restMs = share.requests === 0 && grant.holders.length > 0 ? elsewhereMs : refusalMs
      if (isRefusal) held.refusedUntilMs = this.#options.nowMs() + restMs
    }
    // First: what is idle may be given up for it.
    this.#options.onChanged(functionName)
    this.#tellHeld(functionName, held)
    this.#wake(activeTickMs)
  }

  /** Tells what is used no longer and wanted no longer. Runs by itself. */
  tick(): void {
    const nowMs = this.#options.nowMs()
    let isActive = false
    for (const [functionName, held] of [...this.#held]) {
      if (this.#look(functionName, held, nowMs)) isActive = true
    }
    this.#tickAtMs = null
    if (this.#held.size > 0) this.#wake(isActive ? activeTickMs : restingTickMs)
  }

  close(): void {
    this.#isClosed = true
    this.#held.clear()
  }

  #begin(functionName: string): Held {
    const nowMs = this.#options.nowMs()
    const held: Held = {
      share: null,
      holders: [],
      sequence: 0,
      told: noShare,
      firstWantId: this.#lastWantId + 1,
      need: noShare,
      askId: 0,
      askedAtMs: nowMs,
      refusedUntilMs: 0,
      isUnmet: false,
      shortRequests: 1,
      shortInstances: 0,
      isBlocked: false,
      isFresh: true,
      usedAtMs: nowMs,
    }
    this.#held.set(functionName, held)
    this.#ask(functionName, held)
    return held
  }

  #ask(functionName: string, held: Held): void {
    held.askId = this.#lastWantId + 1
    held.askedAtMs = this.#options.nowMs()
    this.#want(functionName, held, this.#needOf(functionName, held), true)
    this.#wake(activeTickMs)
  }

  #want(functionName: string, held: Held, need: Share, isAsking: boolean): void {
    held.need = need
    const wantId = ++this.#lastWantId
    this.#options.send({ kind: 'want', functionName, wantId, need, isAsking })
  }

  #needOf(functionName: string, held: Held): Share {
    const { requests, instances } = this.#options.inUse(functionName)
    const kept = this.#options.kept(functionName)
    // Instances are of no use without a request that may enter them.
    const needed = Math.max(requests + held.shortRequests, held.isFresh || kept > 0 ? 1 : 0)
    return {
      requests: needed,
      // Others that have nothing to do are not needed; those that have are at most as many as requests.
      instances: Math.max(Math.min(instances, requests + kept) + held.shortInstances, Math.min(needed, 1)),
    }
  }

  /** Whether there is something that must be looked at again soon. */
  #look(functionName: string, held: Held, nowMs: number): boolean {
    const inUse = this.#options.inUse(functionName)
    if (held.isFresh || inUse.requests > 0 || inUse.instances > 0) held.usedAtMs = nowMs
    else if (nowMs - held.usedAtMs >= releaseAfterMs && held.askId === 0) {
      this.#held.delete(functionName)
      this.#options.send({ kind: 'release', functionName, wantId: ++this.#lastWantId })
      return false
    }
    const needed = this.#needOf(functionName, held)
    held.isFresh = false
    held.shortRequests = 0
    held.shortInstances = 0
    // Down by halves: a moment's quiet is no end.
    const need = {
      requests: Math.max(needed.requests, Math.floor(held.need.requests / 2)),
      instances: Math.max(needed.instances, Math.floor(held.need.instances / 2)),
    }
    const { share } = held
    if (share !== null && !isSameShare(need, held.need) && !exceeds(need, share))
      this.#want(functionName, held, need, false)
    if (share !== null) this.#tellLess(functionName, held, share)
    // The first answer is waited for however long it takes: until then there is nothing to go by.
    if (held.askId !== 0 && share !== null && nowMs - held.askedAtMs >= patienceMs) {
      held.askId = 0
      held.refusedUntilMs = nowMs + refusalMs
      this.#options.onChanged(functionName)
    }
    if (held.isUnmet && held.askId === 0 && nowMs >= held.refusedUntilMs) {
      held.isUnmet = false
      this.#options.onChanged(functionName)
    }
    return (
      need.requests > 0 || held.isUnmet || held.askId !== 0 || (share !== null && exceeds(held.told, share))
    )
  }

  /** What was taken away and used still, as it ends. */
  #tellLess(functionName: string, held: Held, share: Share): void {
    if (!exceeds(held.told, share)) return
    const now = larger(share, this.#options.inUse(functionName))
    if (exceeds(held.told, now)) this.#tellHeld(functionName, held)
  }

  #tellHeld(functionName: string, held: Held): void {
    held.told = larger(held.share ?? noShare, this.#options.inUse(functionName))
    this.#options.send({ kind: 'held', functionName, sequence: held.sequence, held: held.told })
  }

  #wake(delayMs: number): void {
    if (this.#isClosed) return
    const atMs = this.#options.nowMs() + delayMs
    if (this.#tickAtMs !== null && this.#tickAtMs <= atMs) return
    this.#tickAtMs = atMs
    this.#schedule(() => {
      // One that was set earlier, or later, is not this one's affair.
      if (this.#tickAtMs === atMs && !this.#isClosed) this.tick()
    }, delayMs)
  }
}
