import type {
  BulkProgress,
  CallControl,
  EndedFilter,
  EnqueueOptions,
} from '../../runtime/delivery/call-control.ts'
import type { DeliveryMetrics } from '../../runtime/delivery/delivery-metrics.ts'
import type { CallEvent, CallId, CallStatus } from '../../runtime/model/call.ts'
import type { Enqueued } from '../../runtime/model/enqueue.ts'
import { IsoletteError } from '../../runtime/model/errors.ts'
import type { VersionLabel } from '../../runtime/model/version.ts'
import type { CallFilter, CallPage, RetryLogStats } from '../../runtime/retry-log/retry-log.ts'
import { noDelivery } from './call-fixture.ts'

/** Calls in memory, that nobody runs: as much of the contract as the admin protocol can show. */
export class MemoryCalls implements CallControl {
  /** Newest first, as lists are. */
  readonly statuses: CallStatus[] = []
  readonly enqueued: {
    readonly functionName: string
    readonly qualifier: string
    readonly event: CallEvent
    readonly options: EnqueueOptions
  }[] = []
  readonly lists: { readonly filter: CallFilter; readonly cursor: string | null; readonly limit: number }[] =
    []
  readonly bulks: EndedFilter[] = []
  readonly redriven: CallId[] = []
  readonly paused = new Set<string>()
  /** Those that wait for the end of a call. */
  readonly waiters = new Set<{ readonly id: CallId; readonly timeoutMs: number; settle(): void }>()
  /** What `enqueue` resolves with. */
  answer: Enqueued = { kind: 'enqueued', id: 'a'.repeat(32) }
  held = 0
  counted: RetryLogStats = { depth: new Map(), deadLetters: new Map(), failure: null }
  delivered: DeliveryMetrics = noDelivery
  /** Between two pages of a change of many. */
  gate: () => Promise<void> = async () => {}

  async enqueue(functionName: string, qualifier: string, event: CallEvent, options: EnqueueOptions) {
    this.enqueued.push({ functionName, qualifier, event, options })
    return this.answer
  }

  async get(id: CallId): Promise<CallStatus | null> {
    return this.statuses.find(({ call }) => call.id === id) ?? null
  }

  /** The cursor is the place in the list. */
  async list(filter: CallFilter, cursor: string | null, limit: number): Promise<CallPage> {
    this.lists.push({ filter, cursor, limit })
    const { functionName, states, sinceMs = 0 } = filter
    const found = this.statuses.filter(
      ({ call, state }) =>
        (functionName === undefined || call.functionName === functionName) &&
        (states === undefined || states.includes(state)) &&
        call.enqueuedAtMs >= sinceMs,
    )
    const start = Number(cursor ?? 0)
    const next = start + limit
    return { calls: found.slice(start, next), cursor: next < found.length ? String(next) : null }
  }

  async waitForEnd(id: CallId, timeoutMs: number, signal: AbortSignal): Promise<CallStatus | null> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const waiter = { id, timeoutMs, settle: resolve }
    this.waiters.add(waiter)
    signal.addEventListener('abort', () => resolve())
    await promise
    this.waiters.delete(waiter)
    return this.get(id)
  }

  /** Replaces a call, as an end does. */
  put(status: CallStatus): void {
    const at = this.statuses.findIndex(({ call }) => call.id === status.call.id)
    if (at === -1) this.statuses.push(status)
    else this.statuses[at] = status
    if (status.end === null) return
    for (const waiter of this.waiters) if (waiter.id === status.call.id) waiter.settle()
  }

  async stop(id: CallId): Promise<'stopped' | 'stopping'> {
    const status = await this.#need(id)
    if (status.end !== null) throw new IsoletteError('invocation_state', `Cannot stop ${id}: it has ended`)
    return status.state === 'Running' ? 'stopping' : 'stopped'
  }

  async redrive(id: CallId): Promise<void> {
    const status = await this.#need(id)
    if (status.end === null) throw new IsoletteError('invocation_state', `Cannot redrive ${id}: it waits`)
    this.redriven.push(id)
  }

  async redriveAll(filter: EndedFilter, onPage: (progress: BulkProgress) => void, signal: AbortSignal) {
    return this.#each(filter, onPage, signal, ({ call }) => {
      this.redriven.push(call.id)
    })
  }

  async remove(id: CallId): Promise<void> {
    const status = await this.#need(id)
    if (status.end === null) throw new IsoletteError('invocation_state', `Cannot remove ${id}: it waits`)
    this.statuses.splice(this.statuses.indexOf(status), 1)
  }

  async purge(filter: EndedFilter, onPage: (progress: BulkProgress) => void, signal: AbortSignal) {
    return this.#each(filter, onPage, signal, (status) => {
      this.statuses.splice(this.statuses.indexOf(status), 1)
    })
  }

  async pause(functionName: string): Promise<void> {
    this.paused.add(functionName)
  }

  async resume(functionName: string): Promise<void> {
    this.paused.delete(functionName)
  }

  async holds(_functionName: string, version: VersionLabel | null): Promise<number> {
    return version === null || version === 1 ? this.held : 0
  }

  stats(): RetryLogStats {
    return this.counted
  }

  metrics(): DeliveryMetrics {
    return this.delivered
  }

  /** Each is a page of its own. */
  async #each(
    filter: EndedFilter,
    onPage: (progress: BulkProgress) => void,
    signal: AbortSignal,
    change: (status: CallStatus) => void,
  ): Promise<BulkProgress> {
    this.bulks.push(filter)
    const { calls } = await this.list(filter, null, Number.POSITIVE_INFINITY)
    let changed = 0
    for (const status of calls) {
      if (signal.aborted) break
      change(status)
      changed += 1
      onPage({ changed, skipped: 0 })
      await this.gate()
    }
    return { changed, skipped: 0 }
  }

  async #need(id: CallId): Promise<CallStatus> {
    const status = await this.get(id)
    if (status !== null) return status
    throw new IsoletteError('invocation_not_found', `Cannot find invocation ${id}`)
  }
}
