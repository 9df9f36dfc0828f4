import type { CompiledBootstrap } from '../isolate/compiled-bootstrap.ts'
import { Deadlines } from '../isolate/deadlines.ts'
import type { Guardian } from '../isolate/guardian.ts'
import { HostWork } from '../isolate/host-work/host-work.ts'
import { processClock } from '../isolate/host-work/host-work-meter.ts'
import type { Instance } from '../isolate/instance.ts'
import type { Condemned, CondemnReason, InstanceContext } from '../isolate/instance-context.ts'
import { loadInstance } from '../isolate/load-instance.ts'
import type { OutboundAgents } from '../isolate/outbound/outbound-agents.ts'
import type { Pending } from '../isolate/pending.ts'
import type { Invocation, Invoker, Target } from '../model/invocation.ts'
import type { FailedOutcome, GuestError, Outcome } from '../model/outcome.ts'
import type { VersionManifest } from '../model/version.ts'
import type { EvictionReason } from '../observe/metrics.ts'
import { PrewarmPool } from './prewarm-pool.ts'
import { Residents } from './residents.ts'
import type { InstanceStatus } from './status.ts'
import { Turn } from './turn.ts'
import { overrunRestMs, VersionPool, type Waiting } from './version-pool.ts'

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
  coldStarts = 0
  warmStarts = 0
  readonly #options: PoolOptions
  readonly #residents: Residents
  readonly #turn: Turn<Work>
  readonly #context: InstanceContext
  readonly #pendingDeadlines: Deadlines<Pending>
  readonly #waitingDeadlines: Deadlines<Waiting>
  /** Targets are kept by the router for as long as their function is unchanged: the way of the hot path. */
  readonly #byTarget = new WeakMap<Target, VersionPool>()
  readonly #byKey = new Map<string, VersionPool>()
  readonly #byFunction = new Map<string, Set<VersionPool>>()
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
    this.#waitingDeadlines = new Deadlines(nowMs, (waiting) => this.#giveUp(waiting, waitedInVain))
    this.prewarm = new PrewarmPool({
      bootstrap: options.bootstrap,
      guardian: options.guardian,
      min: options.prewarmMin,
      nowMs,
      lastBusyAtMs: () => this.#turn.lastAtMs,
    })
    this.#context = {
      nowMs,
      wallMs,
      deadlines: this.#pendingDeadlines,
      userAgent: options.userAgent,
      outbound: options.outbound,
      hostWork: new HostWork(processClock),
      onEntering: options.onEntering,
      onReady: (instance) => this.#turn.add({ kind: 'entry', instance }),
      onProgress: (instance) => this.#noteProgress(instance),
      onCondemned: (instance, reason, details) => this.#replace(instance, reason, details),
      onRanOn: options.onRanOn,
      mapError: options.mapError,
    }
    this.#sweep = setInterval(() => this.sweep(), sweepEveryMs).unref()
  }

  get residentInstances(): number {
    return this.#residents.size
  }

  /** Whether anything waits or runs that somebody wants, `waitUntil` included. */
  get isBusy(): boolean {
    for (const [instance] of this.#residents.entries()) if (instance.isWanted) return true
    for (const pool of this.#byKey.values()) if (pool.waiting.length > 0) return true
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
    const pool = this.#poolOf(target)
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
    const pool = this.#poolOf(invocation.target)
    const waiting = pool.waiting.find((one) => one.invocation === invocation)
    if (waiting !== undefined) {
      this.#giveUp(waiting, { kind: 'canceled', message: 'The client went away' })
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
    for (const pool of this.#byFunction.get(functionName) ?? []) {
      for (const instance of [...pool.instances]) this.#retire(instance)
    }
  }

  /** Evicts what was idle for too long. Runs every second by itself. */
  sweep(): void {
    this.#residents.dropIdle(this.#options.nowMs())
    this.#feedStarved()
    for (const [key, pool] of this.#byKey) {
      if (pool.instances.length > 0 || pool.waiting.length > 0) continue
      if (pool.failure !== null && this.#options.nowMs() < pool.failure.untilMs) continue
      // A version that nobody runs any more; if it comes back it only has to learn its batch size again.
      this.#byKey.delete(key)
      const siblings = this.#byFunction.get(pool.target.functionName)
      siblings?.delete(pool)
      if (siblings?.size === 0) {
        this.#byFunction.delete(pool.target.functionName)
        this.#options.outbound.release(pool.target.functionName)
      }
      pool.isForgotten = true
    }
  }

  instances(): InstanceStatus[] {
    return this.#residents.statuses(this.#options.nowMs())
  }

  /** Ends every instance; what runs settles as `interrupted`, what waits as `overloaded`. */
  close(): void {
    clearInterval(this.#sweep)
    for (const pool of this.#byKey.values()) {
      for (const waiting of [...pool.waiting]) this.#giveUp(waiting, waitedInVain)
    }
    for (const [instance] of [...this.#residents.entries()]) this.#residents.drop(instance, 'retired')
    this.prewarm.close()
    this.#options.outbound.close()
    this.#pendingDeadlines.close()
    this.#waitingDeadlines.close()
  }

  #poolOf(target: Target): VersionPool {
    const known = this.#byTarget.get(target)
    if (known !== undefined && !known.isForgotten) return known
    const key = `${target.functionName}:${target.label}:${target.manifest.versionId}`
    let pool = this.#byKey.get(key)
    if (pool === undefined) {
      pool = new VersionPool(target)
      this.#byKey.set(key, pool)
      const siblings = this.#byFunction.get(target.functionName) ?? new Set()
      this.#byFunction.set(target.functionName, siblings.add(pool))
    }
    pool.target = target
    this.#byTarget.set(target, pool)
    return pool
  }

  /** This worker's share, rounded up: the shares of all workers are at least what was reserved. */
  #isOverReserved(target: Target, reserved: number): boolean {
    const share = Math.ceil(reserved / this.#options.workers)
    let running = 0
    for (const pool of this.#byFunction.get(target.functionName) ?? []) running += pool.inFlight
    return running >= share
  }

  #settleLater(invocation: Invocation, outcome: Outcome): void {
    this.#turn.add({ kind: 'settle', invocation, outcome })
  }

  #wait(pool: VersionPool, invocation: Invocation, isSecondRun: boolean): void {
    pool.waiting.push({ invocation, isSecondRun, pool, isGone: false, expiresAtMs: null })
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
    let created: Instance | undefined
    while (pool.waiting.length > 0) {
      let instance = pool.findRoom(concurrency)
      if (instance === undefined) {
        if (created !== undefined) {
          this.#note(pool)
          break
        }
        created = instance = this.#create(pool)
        if (instance === undefined) break
      }
      this.#begin(pool.waiting.shift()!, instance, instance === created)
    }
    for (const waiting of pool.waiting) {
      if (waiting.expiresAtMs !== null) continue
      waiting.expiresAtMs = waiting.invocation.deadlineMs
      this.#waitingDeadlines.add(waiting, waiting.expiresAtMs)
    }
  }

  #begin(waiting: Waiting, instance: Instance, isCold: boolean): void {
    const { invocation } = waiting
    this.#unexpire(waiting)
    invocation.usage.coldStart ||= isCold
    invocation.usage.waitMs = this.#options.nowMs() - invocation.arrivedAtMs
    if (!isCold) this.warmStarts++
    instance.begin(invocation, waiting.isSecondRun)
  }

  /** A new instance; undefined if there is no room for one, or if its module failed (then nobody waits any more). */
  #create(pool: VersionPool): Instance | undefined {
    if (pool.failure !== null && this.#options.nowMs() < pool.failure.untilMs) {
      this.#failWaiting(pool, pool.failure.outcome)
      return undefined
    }
    if (!this.#hasRoom()) {
      this.#starved.add(pool)
      return undefined
    }
    const { manifest, functionName, label } = pool.target
    try {
      const loaded = loadInstance(
        this.prewarm.take(manifest.limits.memoryMiB),
        { manifest, functionName, version: String(label), bundle: this.#options.readBundle(manifest) },
        { batchSize: pool.batchSize, context: this.#context },
      )
      if ('kind' in loaded) {
        if (loaded.kind === 'exceeded_cpu') {
          pool.failure = { outcome: loaded, untilMs: this.#options.nowMs() + overrunRestMs }
        }
        this.#failWaiting(pool, loaded)
        return undefined
      }
      this.coldStarts++
      this.#residents.add(loaded, pool)
      return loaded
    } catch (error) {
      this.#options.onFault(error)
      this.#failWaiting(pool, { kind: 'internal_error', message: 'The instance could not be created' })
      return undefined
    }
  }

  #hasRoom(): boolean {
    const { maxInstances, memoryBudgetMiB, rssMiB } = this.#options
    if (this.#residents.size >= maxInstances) return this.#residents.dropLeastRecent()
    if (this.#residents.size === 0 || rssMiB() < memoryBudgetMiB) return true
    return this.#residents.dropLeastRecent()
  }

  #failWaiting(pool: VersionPool, outcome: Outcome): void {
    for (const waiting of [...pool.waiting]) this.#giveUp(waiting, outcome)
  }

  #giveUp(waiting: Waiting, outcome: Outcome): void {
    if (waiting.isGone) return
    waiting.isGone = true
    this.#unexpire(waiting)
    const { waiting: all } = waiting.pool
    const index = all.indexOf(waiting)
    if (index !== -1) all.splice(index, 1)
    waiting.invocation.usage.waitMs = this.#options.nowMs() - waiting.invocation.arrivedAtMs
    waiting.invocation.onSettled(outcome)
  }

  #unexpire(waiting: Waiting): void {
    if (waiting.expiresAtMs !== null) this.#waitingDeadlines.remove(waiting, waiting.expiresAtMs)
    waiting.expiresAtMs = null
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

const waitedInVain: Outcome = { kind: 'overloaded', message: 'No instance became free before the deadline' }

const quarantined: Outcome = {
  kind: 'quarantined',
  message: 'The version brought worker processes down repeatedly and rests for a while',
}
