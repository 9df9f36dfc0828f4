import type { CompiledBootstrap } from '../isolate/compiled-bootstrap.ts'
import { Deadlines } from '../isolate/deadlines.ts'
import type { Guardian } from '../isolate/guardian.ts'
import { HostWork } from '../isolate/host-work/host-work.ts'
import { processClock } from '../isolate/host-work/host-work-meter.ts'
import type { Instance } from '../isolate/instance.ts'
import type { Condemned, CondemnReason, InstanceContext } from '../isolate/instance-context.ts'
import type { OutboundAgents } from '../isolate/outbound/outbound-agents.ts'
import type { Pending } from '../isolate/pending.ts'
import type { Invocation, Invoker, Target } from '../model/invocation.ts'
import type { FailedOutcome, GuestError, Outcome } from '../model/outcome.ts'
import type { VersionManifest } from '../model/version.ts'
import type { EvictionReason } from '../observe/metrics.ts'
import { InstanceSupply } from './instance-supply.ts'
import { PrewarmPool } from './prewarm-pool.ts'
import { Residents } from './residents.ts'
import type { InstanceStatus } from './status.ts'
import { Turn } from './turn.ts'
import { overrunRestMs, type VersionPool } from './version-pool.ts'
import { VersionTable } from './version-table.ts'
import { type Waiting, WaitingLine } from './waiting-line.ts'

export interface PoolOptions {
  readonly bootstrap: CompiledBootstrap
  readonly guardian: Guardian
  /** Text of a version's bundle. @throws IsoletteError `data_damaged` */
  readonly readBundle: (manifest: VersionManifest) => string
  readonly mapError: (manifest: VersionManifest, error: GuestError) => GuestError
  /** Monotonic. */
  readonly nowMs: () => number
  readonly wallMs: () => number
  /** Resident memory of this process in MiB. */
  readonly rssMiB: () => number
  readonly prewarmMin: number
  /** V8 ends the process at about 4 090 isolates. */
  readonly maxInstances: number
  /** Above it idle instances make room for new ones. */
  readonly memoryBudgetMiB: number
  /** A function's `pool.reserved` is shared among so many workers. */
  readonly workers: number
  readonly userAgent: string
  /** Outbound connections; closed with the pool. */
  readonly outbound: OutboundAgents
  readonly onEntering: (manifest: VersionManifest) => void
  /** See `InstanceContext.onHookEnded`. */
  readonly onHookEnded: InstanceContext['onHookEnded']
  /** See `InstanceContext.onRanOn`. */
  readonly onRanOn: (invocation: Invocation, failure: FailedOutcome | null) => void
  /** A fault of ours that became the outcome `internal_error`. */
  readonly onFault: (error: unknown) => void
}

/** Most invocations of one version that wait for an instance; more are `throttled`. */
const maxWaiting = 1000
const sweepEveryMs = 1000

type Work =
  | { readonly kind: 'entry'; readonly instance: Instance }
  | { readonly kind: 'waiting'; readonly pool: VersionPool }
  | { readonly kind: 'settle'; readonly invocation: Invocation; readonly outcome: Outcome }

/** Runs invocations in the instances of this process: finds one, makes one, or lets them wait. */
export class Pool implements Invoker {
  readonly prewarm: PrewarmPool
  warmStarts = 0
  readonly #options: PoolOptions
  readonly #residents: Residents
  readonly #turn: Turn<Work>
  readonly #versions = new VersionTable()
  readonly #line: WaitingLine
  readonly #supply: InstanceSupply
  readonly #pendingDeadlines: Deadlines<Pending>
  /** Pools that found no room for another instance: they try again when any instance becomes idle. */
  readonly #starved = new Set<VersionPool>()
  readonly #sweep: NodeJS.Timeout
  #quarantined: ReadonlySet<string> = new Set()

  constructor(options: PoolOptions) {
    this.#options = options
    const { nowMs, wallMs } = options
    this.#residents = new Residents(options.maxInstances)
    this.#turn = new Turn(nowMs, (work) => this.#run(work))
    this.#pendingDeadlines = new Deadlines(nowMs, (pending) => pending.instance?.expire(pending))
    this.#line = new WaitingLine(nowMs)
    this.prewarm = new PrewarmPool({
      bootstrap: options.bootstrap,
      guardian: options.guardian,
      min: options.prewarmMin,
      nowMs,
      lastBusyAtMs: () => this.#turn.lastAtMs,
    })
    const context: InstanceContext = {
      nowMs,
      wallMs,
      deadlines: this.#pendingDeadlines,
      userAgent: options.userAgent,
      outbound: options.outbound,
      hostWork: new HostWork(processClock),
      onEntering: options.onEntering,
      onReady: (instance) => this.#turn.add({ kind: 'entry', instance }),
      onProgress: (instance) => this.#noteProgress(instance),
      onInitFailed: (instance, outcome) => this.#noteInitFailed(instance, outcome),
      onHookEnded: options.onHookEnded,
      onCondemned: (instance, reason, details) => this.#replace(instance, reason, details),
      onRanOn: options.onRanOn,
      mapError: options.mapError,
    }
    this.#supply = new InstanceSupply(options, { residents: this.#residents, prewarm: this.prewarm, context })
    this.#sweep = setInterval(() => this.sweep(), sweepEveryMs).unref()
  }

  get coldStarts(): number {
    return this.#supply.coldStarts
  }

  get residentInstances(): number {
    return this.#residents.size
  }

  /** Whether anything waits or runs that somebody wants, `waitUntil` included. */
  get isBusy(): boolean {
    for (const [instance] of this.#residents.entries()) if (instance.isWanted) return true
    for (const pool of this.#versions.values()) if (pool.waiting.length > 0) return true
    return false
  }

  get evictions(): Readonly<Record<EvictionReason, number>> {
    return this.#residents.evictions
  }

  invoke(invocation: Invocation): void {
    const { target } = invocation
    if (this.#quarantined.size > 0 && this.#quarantined.has(target.manifest.versionId)) {
      this.#settleLater(invocation, quarantined)
      return
    }
    const pool = this.#versions.of(target)
    const { concurrency, reserved } = target.settings.pool
    if (reserved !== null && this.#isOverReserved(target, reserved)) {
      const message = `The function has ${reserved} requests running, pool.reserved allows no more`
      this.#settleLater(invocation, { kind: 'throttled', message })
      return
    }
    if (pool.waiting.length === 0) {
      const instance = pool.findRoom(concurrency)
      if (instance !== undefined) {
        this.warmStarts++
        instance.begin(invocation, false)
        return
      }
    } else if (pool.waiting.length >= maxWaiting) {
      const message = `${maxWaiting} requests wait for an instance of this version, no more may`
      this.#settleLater(invocation, { kind: 'throttled', message })
      return
    }
    this.#wait(pool, invocation, false)
  }

  cancel(invocation: Invocation): void {
    const pool = this.#versions.of(invocation.target)
    const waiting = pool.waiting.find((one) => one.invocation === invocation)
    if (waiting !== undefined) {
      this.#line.giveUp(waiting, { kind: 'canceled', message: 'The client went away' })
      return
    }
    pool.instances.some((instance) => instance.cancel(invocation))
  }

  /** These versions answer `quarantined` until the next call; their instances go. */
  setQuarantine(versionIds: readonly string[]): void {
    this.#quarantined = new Set(versionIds)
    for (const [instance] of [...this.#residents.entries()]) {
      if (this.#quarantined.has(instance.manifest.versionId)) this.#retire(instance)
    }
  }

  /** The function was removed: its instances finish what they have, and go. */
  removeFunction(functionName: string): void {
    for (const pool of this.#versions.ofFunction(functionName)) {
      for (const instance of [...pool.instances]) this.#retire(instance)
    }
  }

  /** Evicts what was idle for too long. Runs every second by itself. */
  sweep(): void {
    this.#residents.dropIdle(this.#options.nowMs())
    this.#feedStarved()
    for (const name of this.#versions.forgetUnused(this.#options.nowMs()))
      this.#options.outbound.release(name)
  }

  instances(): InstanceStatus[] {
    return this.#residents.statuses(this.#options.nowMs())
  }

  /** Ends every instance; what runs settles as `interrupted`, what waits as `overloaded`. */
  close(): void {
    clearInterval(this.#sweep)
    for (const pool of this.#versions.values()) this.#line.giveUpAll(pool)
    for (const [instance] of [...this.#residents.entries()]) this.#residents.drop(instance, 'retired')
    this.prewarm.close()
    this.#options.outbound.close()
    this.#pendingDeadlines.close()
    this.#line.close()
  }

  /** This worker's share, rounded up: the shares of all workers are at least what was reserved. */
  #isOverReserved(target: Target, reserved: number): boolean {
    const share = Math.ceil(reserved / this.#options.workers)
    let running = 0
    for (const pool of this.#versions.ofFunction(target.functionName)) running += pool.inFlight
    return running >= share
  }

  #settleLater(invocation: Invocation, outcome: Outcome): void {
    this.#turn.add({ kind: 'settle', invocation, outcome })
  }

  #wait(pool: VersionPool, invocation: Invocation, isSecondRun: boolean): void {
    this.#line.add(pool, invocation, isSecondRun)
    this.#note(pool)
  }

  #note(pool: VersionPool): void {
    if (pool.isNoted) return
    pool.isNoted = true
    this.#turn.add({ kind: 'waiting', pool })
  }

  #run(work: Work): void {
    switch (work.kind) {
      case 'entry':
        work.instance.runEntry()
        break
      case 'waiting':
        work.pool.isNoted = false
        this.#handOut(work.pool)
        break
      case 'settle':
        work.invocation.onSettled(work.outcome)
        break
    }
  }

  /** Gives waiting invocations to instances, and makes at most one instance: the next turn goes on. */
  #handOut(pool: VersionPool): void {
    const { concurrency } = pool.target.settings.pool
    const fresh = new Set(pool.instances.filter(({ invocations }) => invocations === 0))
    let created: Instance | undefined
    while (pool.waiting.length > 0) {
      let instance = pool.findRoom(concurrency)
      if (instance === undefined) {
        const initialising = pool.instances.filter(({ state }) => state === 'initialising').length
        if (pool.waiting.length <= initialising * concurrency) break
        if (created !== undefined) {
          this.#note(pool)
          break
        }
        created = instance = this.#create(pool)
        if (instance === undefined) break
        fresh.add(instance)
        if (instance.state === 'initialising') continue
      }
      this.#begin(this.#line.take(pool), instance, fresh.has(instance))
    }
    this.#line.watch(pool)
  }

  #begin(waiting: Waiting, instance: Instance, isCold: boolean): void {
    const { invocation } = waiting
    invocation.usage.coldStart ||= isCold
    if (!isCold) this.warmStarts++
    instance.begin(invocation, waiting.isSecondRun)
  }

  /** A new instance; undefined if there is no room for one, or if its module failed (then nobody waits any more). */
  #create(pool: VersionPool): Instance | undefined {
    const supplied = this.#supply.create(pool)
    if (supplied.kind === 'made') return supplied.instance
    if (supplied.kind === 'no_room') this.#starved.add(pool)
    else this.#line.giveUpAll(pool, supplied.outcome)
    return undefined
  }

  #noteProgress(instance: Instance): void {
    const pool = this.#residents.touch(instance)
    if (pool === undefined) return
    if (instance.state === 'retiring' && !instance.isWanted) this.#residents.drop(instance, 'retired')
    if (pool.waiting.length > 0) this.#note(pool)
    if (instance.isIdle) this.#feedStarved()
  }

  #feedStarved(): void {
    if (this.#starved.size === 0) return
    for (const pool of this.#starved) if (pool.waiting.length > 0) this.#note(pool)
    this.#starved.clear()
  }

  #retire(instance: Instance): void {
    instance.retire()
    if (instance.isIdle) this.#residents.drop(instance, 'removed')
  }

  #noteInitFailed(instance: Instance, outcome: FailedOutcome): void {
    const pool = this.#residents.touch(instance)
    this.#residents.drop(instance, 'init_failed')
    if (pool === undefined) return
    const { kind } = outcome
    // It held the thread, or a place, for all the time it may.
    if (kind === 'exceeded_cpu' || kind === 'exceeded_wall_time')
      pool.failure = { outcome, untilMs: this.#options.nowMs() + overrunRestMs }
    this.#line.giveUpAll(pool, outcome)
  }

  #replace(instance: Instance, reason: CondemnReason, { notBegun, cause }: Condemned): void {
    const pool = this.#residents.touch(instance)
    this.#residents.drop(instance, 'condemned')
    if (reason === 'internal_error')
      this.#options.onFault(new Error('An instance broke the boundary between guest and host', { cause }))
    if (pool === undefined) return
    for (const pending of notBegun) this.#wait(pool, pending.invocation, true)
    if (pool.waiting.length > 0) this.#note(pool)
  }
}

const quarantined: Outcome = {
  kind: 'quarantined',
  message: 'The version brought worker processes down repeatedly and rests for a while',
}
