import { HostWork } from '../isolate/host-work/host-work.ts'
import { processClock } from '../isolate/host-work/host-work-meter.ts'
import { Deadlines } from '../isolate/instance/deadlines.ts'
import type { Instance } from '../isolate/instance/instance.ts'
import type { Condemned, EndReason, InstanceContext } from '../isolate/instance/instance-context.ts'
import type { Pending } from '../isolate/instance/pending.ts'
import { SliceMeter, threadClock } from '../isolate/instance/slice-meter.ts'
import { preloadLayers } from '../isolate/layers/preload-layers.ts'
import type { Invocation, Invoker, Target } from '../model/invocation.ts'
import type { FailedOutcome, Outcome } from '../model/outcome.ts'
import { noShare, type Share } from '../model/share.ts'
import type { EvictionReason } from '../observe/metrics.ts'
import { Admission, throttledByLine } from './admission.ts'
import { Eviction } from './eviction.ts'
import type { FunctionPool, Work } from './function-pool.ts'
import { InstanceSupply } from './instance-supply.ts'
import { MemoryBudget } from './memory-budget.ts'
import { Places } from './places.ts'
import type { PoolOptions } from './pool-options.ts'
import { PrewarmPool } from './prewarm-pool.ts'
import { InstanceProvisioning } from './provisioning.ts'
import { Residents, usualMiB } from './residents.ts'
import type { InstanceStatus } from './status.ts'
import { Lane, Turn } from './turn.ts'
import type { VersionPool } from './version-pool.ts'
import { VersionTable } from './version-table.ts'
import { WaitingLine } from './waiting-line.ts'

const sweepEveryMs = 1000

/** Runs invocations in the instances of this process: finds one, makes one, or lets them wait. */
export class Pool implements Invoker {
  readonly prewarm: PrewarmPool
  readonly provisioning: InstanceProvisioning<VersionPool>
  coldStarts = 0
  warmStarts = 0
  /** That it was asked to run. */
  invocations = 0
  readonly #options: PoolOptions
  readonly #residents: Residents
  readonly #turn: Turn<Work>
  readonly #versions = new VersionTable()
  readonly #line: WaitingLine
  readonly #admission: Admission
  readonly #places: Places
  readonly #eviction: Eviction
  readonly #supply: InstanceSupply
  readonly #pendingDeadlines: Deadlines<Pending>
  /** For instances that are loaded just now: they belong to no function yet. */
  readonly #newcomers = new Lane<Work>()
  readonly #sweep: NodeJS.Timeout
  #quarantined: ReadonlySet<string> = new Set()

  constructor(options: PoolOptions) {
    this.#options = options
    const { nowMs, wallMs } = options
    const residents = new Residents(nowMs, (owner) => this.#noteFreed(owner))
    this.#residents = residents
    const budget = new MemoryBudget({
      budgetMiB: options.memoryBudgetMiB,
      rssMiB: options.rssMiB,
      estimatedMiB: () => residents.memoryMiB + this.prewarm.ready * usualMiB,
    })
    this.#turn = new Turn(nowMs, (work) => this.#run(work))
    this.#pendingDeadlines = new Deadlines(nowMs, (pending) => pending.instance?.expire(pending))
    this.#line = new WaitingLine(nowMs)
    this.#admission = new Admission(options.shares, this.#line, options.handOver)
    const { maxInstances } = options
    this.#places = new Places({ nowMs, maxInstances, residents, budget, admission: this.#admission })
    this.#eviction = new Eviction(residents, budget)
    const context: InstanceContext = {
      nowMs,
      wallMs,
      deadlines: this.#pendingDeadlines,
      userAgent: options.userAgent,
      outbound: options.outbound,
      enqueue: options.enqueue,
      hostWork: new HostWork(processClock),
      sliceMeter: new SliceMeter(threadClock),
      onEntering: options.onEntering,
      onReady: (instance) => {
        const lane = residents.of(instance)?.pool.function.lane ?? this.#newcomers
        this.#turn.add(lane, { kind: 'entry', instance })
      },
      onProgress: (instance) => this.#noteProgress(instance),
      onInitFailed: (instance, outcome) => this.#noteInitFailed(instance, outcome),
      onHookEnded: options.onHookEnded,
      onCondemned: (instance, reason, details) => this.#replace(instance, reason, details),
      onRanOn: options.onRanOn,
      mapError: options.mapError,
    }
    const idleness = {
      lastBusyAtMs: () => this.#turn.lastAtMs,
      isAnyoneWaiting: () => this.#line.size > 0,
    }
    const prewarm = new PrewarmPool({
      bootstrap: options.bootstrap,
      guardian: options.guardian,
      settings: options.prewarm,
      preload: (isolate, script) => preloadLayers(isolate, script, context) === null,
      nowMs,
      ...idleness,
    })
    this.prewarm = prewarm
    this.#supply = new InstanceSupply(options, { places: this.#places, residents, prewarm, context })
    this.provisioning = new InstanceProvisioning<VersionPool>({
      nowMs,
      poolOf: (target) => this.#versions.of(target),
      create: (pool) => (this.#isQuarantined(pool) ? { kind: 'no_room' } : this.#supply.create(pool)),
      ...idleness,
    })
    this.#sweep = setInterval(() => this.sweep(), sweepEveryMs).unref()
  }

  get residentInstances(): number {
    return this.#residents.size
  }

  /** What all instances are estimated to take, in MiB. */
  get memoryMiB(): number {
    return this.#residents.memoryMiB
  }

  /** Whether anything waits or runs that somebody wants, `waitUntil` included. */
  get isBusy(): boolean {
    for (const { instance } of this.#residents.all) if (instance.isWanted) return true
    return this.#line.size > 0
  }

  get evictions(): Readonly<Record<EvictionReason, number>> {
    return this.#residents.evictions
  }

  invoke(invocation: Invocation): void {
    this.invocations++
    const { target } = invocation
    if (this.#quarantined.size > 0 && this.#quarantined.has(target.manifest.versionId)) {
      this.#settleLater(this.#versions.of(target), invocation, quarantined)
      return
    }
    const pool = this.#versions.of(target)
    if (pool.isCapped && !this.#admit(pool, invocation)) return
    if (pool.waiting.length === 0) {
      const instance = pool.findRoom()
      if (instance !== undefined) {
        this.warmStarts++
        this.#begin(pool, instance, invocation, false)
        return
      }
    }
    if (this.#line.isFull(pool.function)) this.#settleLater(pool, invocation, throttledByLine())
    else this.#wait(pool, invocation, false)
  }

  /** Why an invocation that is in no hurry is not to come now: it would stand in the way of others. Null = it may. */
  refusalNow(target: Target): FailedOutcome | null {
    const pool = this.#versions.of(target)
    const { waiting, unadmitted } = pool.function
    if (waiting + unadmitted.length > 0) return othersWait
    return pool.isCapped ? this.#admission.refusalNow(pool) : null
  }

  cancel(invocation: Invocation): void {
    const pool = this.#versions.of(invocation.target)
    if (this.#line.cancel(pool, invocation)) return
    const hasIt = (instance: Instance) => instance.cancel(invocation)
    if (!pool.instances.some(hasIt)) pool.leaving.some(hasIt)
  }

  /** These versions answer `quarantined` until the next call; their instances go, and isolates that wait with these layers. */
  setQuarantine(versionIds: readonly string[]): void {
    this.#quarantined = new Set(versionIds)
    this.prewarm.forget(this.#quarantined)
    for (const resident of [...this.#residents.all]) {
      if (this.#quarantined.has(resident.instance.manifest.versionId))
        this.#residents.retire(resident, 'removed')
    }
  }

  /** The function was removed: its instances finish what they have, and go. */
  removeFunction(functionName: string): void {
    for (const resident of [...this.#residents.all]) {
      if (resident.pool.function.name === functionName) this.#residents.retire(resident, 'removed')
    }
  }

  /** What of a function is in this worker: requests that run or wait for an instance, and instances. */
  inUse(functionName: string): Share {
    const owner = this.#versions.functionOf(functionName)
    return owner === undefined ? noShare : { requests: owner.inFlight, instances: owner.places }
  }

  /** How many of a function's instances are to stay ready, used or not. */
  kept(functionName: string): number {
    return this.#versions.functionOf(functionName)?.kept ?? 0
  }

  /** This worker's share of a function may be another than before. */
  noteShare(functionName: string): void {
    const owner = this.#versions.functionOf(functionName)
    const [pool] = owner?.versions ?? []
    if (owner === undefined || pool === undefined) return
    const instances = this.#admission.instancesOf(pool)
    if (instances !== null) {
      this.#eviction.shrink(owner, instances)
      if (instances > owner.places) this.provisioning.noteRoom()
    }
    this.#admission.review(owner, this.#note)
    this.#noteLines(owner)
  }

  /** Evicts what was idle for too long, or takes too much memory. Runs every second by itself. */
  sweep(): void {
    const nowMs = this.#options.nowMs()
    this.#eviction.sweep(nowMs)
    for (const owner of this.#versions.functions()) this.#noteLines(owner)
    this.#feedStarved()
    this.prewarm.sweep()
    this.provisioning.look()
    for (const name of this.#versions.forgetUnused(nowMs)) this.#options.outbound.release(name)
  }

  instances(): InstanceStatus[] {
    return this.#residents.statuses(this.#options.nowMs())
  }

  /**
   * Has every instance go as soon as nobody wants it, its `shutdown` included: `residentInstances` falls to 0. Requests
   * that come nevertheless are still taken.
   */
  retireAll(): void {
    this.provisioning.close()
    for (const resident of [...this.#residents.all]) this.#residents.retire(resident, 'retired')
  }

  /** Ends every instance; what runs settles as `interrupted`, what waits as `overloaded`. */
  close(): void {
    clearInterval(this.#sweep)
    for (const owner of this.#versions.functions()) this.#line.giveUpAll(owner)
    for (const resident of [...this.#residents.all]) this.#residents.end(resident)
    this.provisioning.close()
    this.prewarm.close()
    this.#options.outbound.close()
    this.#pendingDeadlines.close()
    this.#line.close()
  }

  /** Whether an invocation of a function with a cap may run here now; if not, it was seen to. */
  #admit(pool: VersionPool, invocation: Invocation): boolean {
    const verdict = this.#admission.judge(pool, invocation)
    if (verdict === 'run') return true
    if (verdict === 'wait' && !this.#line.isFull(pool.function))
      this.#line.add(pool, invocation, { isSecondRun: false, isAdmitted: false })
    else if (verdict !== 'taken')
      this.#settleLater(pool, invocation, verdict === 'wait' ? throttledByLine() : verdict)
    return false
  }

  #isQuarantined({ target }: VersionPool): boolean {
    return this.#quarantined.has(target.manifest.versionId)
  }

  #settleLater(pool: VersionPool, invocation: Invocation, outcome: Outcome): void {
    this.#turn.add(pool.function.lane, { kind: 'settle', invocation, outcome })
  }

  #wait(pool: VersionPool, invocation: Invocation, isSecondRun: boolean): void {
    this.#line.add(pool, invocation, { isSecondRun, isAdmitted: true })
    this.#note(pool)
  }

  readonly #note = (pool: VersionPool): void => {
    if (pool.isNoted) return
    pool.isNoted = true
    this.#turn.add(pool.function.lane, { kind: 'waiting', pool })
  }

  #noteLines(owner: FunctionPool): void {
    if (owner.waiting === 0) return
    for (const pool of owner.versions) if (pool.waiting.length > 0) this.#note(pool)
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
    let created: Instance | null = null
    while (pool.waiting.length > 0) {
      const instance = pool.findRoom()
      if (instance !== undefined) {
        this.#beginNext(pool, instance)
        continue
      }
      if (pool.coming >= pool.waiting.length) break
      if (created !== null) {
        this.#note(pool)
        break
      }
      const supplied = this.#supply.create(pool)
      if (supplied.kind === 'failed') {
        this.#line.failOne(pool, supplied.outcome)
        this.#feedStarved()
      }
      if (supplied.kind !== 'made') break
      this.coldStarts++
      created = supplied.instance
    }
    this.#line.watch(pool)
    // At once, not in the next turn: those it was made for have waited long enough.
    created?.runEntry()
  }

  #beginNext(pool: VersionPool, instance: Instance): void {
    const { invocation, isSecondRun } = this.#line.take(pool)
    const isCold = invocation.arrivedAtMs <= (this.#residents.of(instance)?.readyAtMs ?? 0)
    invocation.usage.coldStart ||= isCold
    if (!isCold) this.warmStarts++
    this.#begin(pool, instance, invocation, isSecondRun)
  }

  #begin(pool: VersionPool, instance: Instance, invocation: Invocation, isSecondRun: boolean): void {
    instance.begin(invocation, isSecondRun)
    if (instance.invocations < pool.maxInvocations) return
    const resident = this.#residents.of(instance)
    if (resident !== undefined) this.#residents.retire(resident, 'invocations')
  }

  #noteProgress(instance: Instance): void {
    const resident = this.#residents.of(instance)
    if (resident === undefined) return
    this.#residents.refresh(resident)
    const owner = resident.pool.function
    if (owner.waiting > 0) this.#noteLines(owner)
    if (owner.unadmitted.length > 0) this.#admission.admit(owner, this.#note)
    // A place that is free by now was offered already.
    if (instance.isIdle && !resident.isDropped) this.#feedStarved()
  }

  #noteFreed(owner: FunctionPool): void {
    this.provisioning.look()
    this.#noteLines(owner)
    this.#feedStarved()
  }

  #feedStarved(): void {
    const pool = this.#places.next()
    if (pool !== null) this.#note(pool)
  }

  #noteInitFailed(instance: Instance, outcome: FailedOutcome): void {
    const resident = this.#residents.of(instance)
    if (resident === undefined) return
    this.#residents.drop(resident, 'init_failed')
    const { pool } = resident
    this.#supply.noteFailure(pool, outcome)
    this.#line.failOne(pool, outcome)
    this.#noteLines(pool.function)
  }

  #replace(instance: Instance, reason: EndReason, { notBegun, cause }: Condemned): void {
    const resident = this.#residents.of(instance)
    if (resident !== undefined) this.#residents.drop(resident, 'condemned')
    if (reason === 'internal_error')
      this.#options.onFault(new Error('An instance broke the boundary between guest and host', { cause }))
    if (resident === undefined) return
    for (const pending of notBegun) this.#wait(resident.pool, pending.invocation, true)
    this.#noteLines(resident.pool.function)
  }
}

const othersWait: FailedOutcome = {
  kind: 'overloaded',
  message: 'Other requests of the function wait for an instance',
}

const quarantined: Outcome = {
  kind: 'quarantined',
  message: 'The version brought worker processes down repeatedly and rests for a while',
}
