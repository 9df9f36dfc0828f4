import type { Invocation } from '../../model/invocation.ts'
import type { Outcome } from '../../model/outcome.ts'
import type { Hook } from '../abi.ts'
import type { Instance } from './instance.ts'
import type { InstanceContext } from './instance-context.ts'
import { Pending } from './pending.ts'
import { PendingTable } from './pending-table.ts'

/** How long `waitUntil` may run on after the response. */
export const waitUntilMs = 30_000

/** The requests of one instance: from their arrival until nothing more of them runs, and when time is up for them. */
export class InstanceRequests {
  readonly #instance: Instance
  readonly #context: InstanceContext
  readonly #table = new PendingTable()
  /** Not begun yet, in order of arrival. */
  #queue: Pending[] = []
  #unsettled = 0
  #streaming = 0

  constructor(instance: Instance, context: InstanceContext) {
    this.#instance = instance
    this.#context = context
  }

  /** Those that wait for their outcome, or write their response. */
  get inFlight(): number {
    return this.#unsettled + this.#streaming
  }

  /** Nothing of any request runs, `waitUntil` included. */
  get isEmpty(): boolean {
    return this.#table.size === 0
  }

  get isQueueEmpty(): boolean {
    return this.#queue.length === 0
  }

  get(requestId: number): Pending | undefined {
    return this.#table.get(requestId)
  }

  has(pending: Pending): boolean {
    return this.#table.has(pending)
  }

  /** May be changed meanwhile. */
  values(): Iterable<Pending> {
    return this.#table.values()
  }

  /** Puts a request at the end of the queue. */
  add(invocation: Invocation, isSecondRun: boolean): void {
    this.#queue.push(this.#table.add((requestId) => new Pending(requestId, invocation, isSecondRun)))
    this.#unsettled++
  }

  /** Adds what is no request but a hook that runs like one; it begins at once and does not count. */
  addHook(hook: Hook, invocation: Invocation): Pending {
    const pending = this.#table.add((requestId) => new Pending(requestId, invocation, false))
    pending.hook = hook
    pending.hasBegun = true
    return pending
  }

  /** Takes those that are to begin now, at most so many; `begin` is told how long each still has. */
  takeQueued(most: number, begin: (pending: Pending, remainingMs: number) => void): void {
    const nowMs = this.#context.nowMs()
    let begun = 0
    let taken = 0
    for (; taken < this.#queue.length && begun < most; taken++) {
      const pending = this.#queue[taken]!
      if (pending.isSettled) continue
      const remainingMs = pending.invocation.deadlineMs - nowMs
      if (remainingMs > 0) {
        begun++
        begin(pending, remainingMs)
        continue
      }
      this.settle(pending, tooLate)
      this.remove(pending)
    }
    if (taken === this.#queue.length) this.#queue = []
    else this.#queue.splice(0, taken)
  }

  /** The first outcome counts. */
  settle(pending: Pending, outcome: Outcome): void {
    if (pending.isSettled) return
    if (pending.hook === null) this.#unsettled--
    this.#unexpire(pending)
    this.#noteMemory(pending)
    pending.settle(outcome)
  }

  /** Its response is there, but its body only begins to be written. */
  beginStreaming(pending: Pending, sinkId: number): void {
    pending.responseSink = sinkId
    this.#streaming++
  }

  /** The body of its response has ended. */
  endStreaming(pending: Pending): void {
    if (pending.responseSink === 0) return
    pending.responseSink = 0
    this.#streaming--
    this.#noteMemory(pending)
    if (this.has(pending)) this.expireInTime(pending)
  }

  /** Nothing more of it runs, or nobody cares. */
  remove(pending: Pending): void {
    this.#unexpire(pending)
    this.#table.delete(pending)
  }

  /**
   * Sets the point in time at which it is ended: its deadline, or once it is settled the end of what it may run on. While
   * its response is written there is none.
   */
  expireInTime(pending: Pending): void {
    if (pending.expiresAtMs !== null || pending.responseSink !== 0) return
    const { deadlineMs } = pending.invocation
    const runsOn = pending.isSettled && pending.hook !== 'shutdown'
    pending.expiresAtMs = runsOn ? this.#context.nowMs() + waitUntilMs : deadlineMs
    pending.instance = this.#instance
    this.#context.deadlines.add(pending, pending.expiresAtMs)
  }

  /** Its instance is ended in so long, unless it has settled by then. */
  endWithin(pending: Pending, ms: number): void {
    const atMs = Math.min(this.#context.nowMs() + ms, pending.invocation.deadlineMs)
    this.#unexpire(pending)
    pending.mustEnd = true
    pending.expiresAtMs = atMs
    pending.instance = this.#instance
    this.#context.deadlines.add(pending, atMs)
  }

  /** No request is told or asked anything any more. */
  close(): void {
    this.#queue = []
    for (const pending of this.#table.values()) this.#unexpire(pending)
  }

  /** Those that may still run elsewhere, each alone. */
  notBegun(): Pending[] {
    return [...this.values()].filter(
      ({ isSettled, isSecondRun, hasBegun }) => !isSettled && !isSecondRun && !hasBegun,
    )
  }

  /** After `close`: settles all but those that run elsewhere, and forgets them all. */
  settleRest(outcomeOf: (pending: Pending) => Outcome, except: readonly Pending[]): void {
    const spared = new Set(except)
    for (const pending of this.values()) if (!spared.has(pending)) this.settle(pending, outcomeOf(pending))
    this.#table.clear()
  }

  #noteMemory({ invocation: { usage } }: Pending): void {
    usage.memoryMiB = Math.max(usage.memoryMiB, this.#instance.heapMiB)
  }

  #unexpire(pending: Pending): void {
    if (pending.expiresAtMs === null) return
    this.#context.deadlines.remove(pending, pending.expiresAtMs)
    pending.expiresAtMs = null
  }
}

const tooLate: Outcome = {
  kind: 'overloaded',
  message: 'The deadline passed before the request could begin',
}
