import { createRequire } from 'node:module'
import { join } from 'node:path'
// The global of that name is an accessor, which the hot path would pay for.
import { performance } from 'node:perf_hooks'
import type {
  CallId,
  DirectResult,
  Grant,
  InvocationRecord,
  Invoker,
  ProvisionedVersion,
  Recorder,
  RegistryDelta,
  RegistryView,
  WorkerMetrics,
  WorkerStatus,
} from '../../runtime/index.ts'
import {
  BundleCache,
  CompiledBootstrap,
  createRecorder,
  EnqueueCounters,
  ErrorMapper,
  Guardian,
  joinLogClock,
  LayerCodeCache,
  monotonicMs,
  OutboundAgents,
  openCallAppender,
  openRegistryView,
  Pool,
  postJson,
  readArtifact,
  readBootstrap,
  VersionLayers,
} from '../../runtime/worker-side.ts'
import { WorkerShares } from '../hand-over/worker-shares.ts'
import { noWish, TargetPicker } from '../http/pick-target.ts'
import { createServer, type HttpServer } from '../http/server.ts'
import { loadUws } from '../http/uws-binary.ts'
import type { NumberedDelivery, QueueDepth, ToWorker } from '../protocol.ts'
import { Attempts } from './attempts/attempts.ts'
import { directCall } from './direct-call.ts'
import { WorkerEnqueuer } from './enqueuer.ts'
import { logPreload } from './log-preload.ts'
import { Prefetch } from './prefetch.ts'
import { QueueDepths } from './queue-depths.ts'
import { WorkerProvisions } from './worker-provisions.ts'
import type { WorkerContext, WorkerService } from './worker-service.ts'

/** V8 ends the process at about 4 090 isolates. */
const maxInstances = 2000
/** Time for a request to arrive on a connection that was accepted just before the listen socket closed. */
const minLingerMs = 100
const drainLookEveryMs = 10
/** `fixedLimits.maxShutdownMs`, and time to notice that it is over. */
const maxShutdownWaitMs = 1200

/** Puts a worker together: registry view, isolates, pool, HTTP server, recorder. */
export async function createWorkerService(context: WorkerContext): Promise<WorkerService> {
  const { options } = context
  const cacheDir = join(options.dataDir, 'cache')
  const userAgent = `isolette/${createRequire(import.meta.url)('../../package.json').version}`
  const uws = loadUws(cacheDir)
  const view = await openRegistryView(options.dataDir)
  const artifacts = join(options.dataDir, 'artifacts')
  const guardian = new Guardian()
  const errors = new ErrorMapper((digest) => readArtifact(artifacts, digest))
  const bundles = new BundleCache((digest) => readArtifact(artifacts, digest))
  const layers = new VersionLayers({
    artifacts,
    codeCache: new LayerCodeCache(join(cacheDir, 'code')),
    onPreloaded: (report, manifest) => logPreload(context.log, errors, report, manifest),
  })
  const recorder = createRecorder({
    log: context.log,
    worker: context.index,
    sampleWarmPerSecond: options.log.sampleWarmPerSecond,
    wallMs: Date.now,
    onRecords: (records, dropped) => worker.sendRecords(records, dropped),
  })
  const picker = new TargetPicker(view, Math.random)
  const depths = new QueueDepths()
  const enqueueCounters = new EnqueueCounters()
  const enqueuer = new WorkerEnqueuer({
    openAppender: () => openCallAppender({ dataDir: options.dataDir, offsetMs: context.logOffsetMs }),
    picker,
    depths,
    counters: enqueueCounters,
    send: context.sendLog,
    log: context.log,
    nowMs,
  })
  const outbound = new OutboundAgents({ ceiling: options.egress })
  const shares = new WorkerShares({
    address: context.peer,
    view,
    nowMs,
    send: context.sendLease,
    pool: () => pool,
  })
  const pool: Pool = new Pool({
    bootstrap: new CompiledBootstrap(await readBootstrap(cacheDir), userAgent),
    guardian,
    readBundle: (manifest) => bundles.read(manifest),
    layersOf: (manifest) => layers.of(manifest),
    mapError: (manifest, error) => errors.map(manifest, error),
    nowMs,
    wallMs: Date.now,
    rssMiB,
    prewarm: options.prewarm,
    maxInstances,
    memoryBudgetMiB: options.memory.budgetMiB,
    shares: shares.shares,
    handOver: (invocation) => shares.offer(invocation),
    outbound,
    enqueue: (request) => enqueuer.enqueueForGuest(request),
    userAgent,
    onEntering: (manifest) => context.flight.note(manifest.versionId),
    onHookEnded: (hook, invocation, failure) => recorder.hookEnded(hook, invocation, failure, nowMs()),
    onRanOn: (invocation, failure) => recorder.ranOn(invocation, failure, nowMs()),
    onFault: (error) => context.log.error({ err: error }, 'an instance failed on our side'),
  })
  // Whatever was given away, the pool was asked first.
  const invoker: Invoker = {
    invoke: (invocation) => pool.invoke(invocation),
    cancel: (invocation) => shares.cancel(invocation),
  }
  const logClock = joinLogClock(context.logOffsetMs, monotonicMs)
  const attempts = new Attempts({
    view,
    picker,
    invoker,
    recorder,
    nowMs,
    logNowMs: () => logClock.nowMs(),
    wallMs: Date.now,
    userAgent,
    post: (json) => postJson(outbound, json),
    refusalNow: (target) => pool.refusalNow(target),
    invocations: () => pool.invocations,
    noteRunning: (running) => context.flight.noteAttempts(running),
    send: context.sendAttempted,
  })
  pool.prewarm.fill()
  const worker = new ComposedWorker(context, {
    uws,
    view,
    picker,
    pool,
    invoker,
    attempts,
    shares,
    depths,
    enqueueCounters,
    enqueuer,
    recorder,
    guardian,
    bundles,
    layers,
  })
  return worker
}

interface WorkerParts {
  readonly uws: ReturnType<typeof loadUws>
  readonly view: RegistryView
  readonly picker: TargetPicker
  readonly pool: Pool
  readonly invoker: Invoker
  readonly attempts: Attempts
  readonly shares: WorkerShares
  readonly depths: QueueDepths
  readonly enqueueCounters: EnqueueCounters
  readonly enqueuer: WorkerEnqueuer
  readonly recorder: Recorder
  readonly guardian: Guardian
  readonly bundles: BundleCache
  readonly layers: VersionLayers
}

class ComposedWorker implements WorkerService {
  readonly #parts: WorkerParts
  readonly #startedAtMs = nowMs()
  readonly #provisions: WorkerProvisions
  readonly #server: HttpServer
  sendRecords: (records: readonly InvocationRecord[], dropped: number) => void = () => {}
  readonly #prefetch: Prefetch
  readonly #mostLayers: number
  #lingerUntilMs = Number.POSITIVE_INFINITY
  #drained: Promise<void> | null = null

  constructor(context: WorkerContext, parts: WorkerParts) {
    const { options, log } = context
    const { uws, view, picker, pool, invoker, enqueuer, recorder } = parts
    this.#parts = parts
    this.#mostLayers = options.prewarm.max - options.prewarm.min
    this.#prefetch = new Prefetch(parts)
    this.#provisions = new WorkerProvisions({
      targetOf: (functionName, version) => picker.pick(functionName, String(version), noWish),
      keep: (wanted) => pool.provisioning.set(wanted),
      onFault: (error) => log.error({ err: error }, 'a version to be kept ready cannot be read'),
    })
    this.#server = createServer({
      uws,
      view,
      picker,
      invoker,
      acceptCall: (request, onAccepted) => enqueuer.accept(request, onAccepted),
      recorder,
      log,
      options: {
        host: options.host,
        port: context.port,
        trustedProxies: options.trustedProxies,
        boundsReceiveBuffers: true,
      },
      nowMs,
      beat: context.beat,
    })
  }

  get revision(): number {
    return this.#parts.view.revision
  }

  async listen(): Promise<{ readonly port: number }> {
    await this.#parts.shares.listen()
    const port = await this.#server.listen()
    this.#prefetch.began(this.#mostLayers)
    return { port }
  }

  apply(delta: RegistryDelta): void {
    const { view, pool } = this.#parts
    view.apply(delta)
    for (const [name, record] of Object.entries(delta.functions)) {
      if (record === null) pool.removeFunction(name)
      else setImmediate(() => this.#prefetch.changed(record))
    }
    this.#provisions.refresh(Object.keys(delta.functions))
  }

  setQuarantine(versionIds: readonly string[]): void {
    // First: what the pool then makes anew must not preload them.
    this.#parts.layers.setQuarantine(versionIds)
    this.#parts.pool.setQuarantine(versionIds)
  }

  provision(versions: readonly ProvisionedVersion[]): void {
    this.#provisions.set(versions)
  }

  invokeDirect(call: Extract<ToWorker, { kind: 'invoke' }>): Promise<DirectResult> {
    const { picker, invoker, recorder } = this.#parts
    const deps = { picker, invoker, recorder, nowMs }
    return directCall(deps, call)
  }

  status(): WorkerStatus {
    const { pool } = this.#parts
    return {
      pid: process.pid,
      revision: this.revision,
      uptimeMs: Math.round(nowMs() - this.#startedAtMs),
      rssMiB: Math.round(rssMiB()),
      inFlight: this.#server.inFlight,
      instances: pool.instances(),
      prewarm: pool.prewarm.statuses(),
      provisioned: pool.provisioning.statuses(),
      coldStarts: pool.coldStarts,
      warmStarts: pool.warmStarts,
      evictions: { ...pool.evictions },
    }
  }

  metrics(): WorkerMetrics {
    const { pool, attempts, shares, enqueueCounters } = this.#parts
    return {
      ...this.#parts.recorder.metrics(),
      enqueues: enqueueCounters.toMetrics(),
      isBusy: this.#server.inFlight > 0 || pool.isBusy || attempts.isBusy || shares.isBusy,
      residentInstances: pool.residentInstances,
      instanceMemoryMiB: pool.memoryMiB,
      provisionedWanted: pool.provisioning.wanted,
      provisionedReady: pool.provisioning.ready,
      prewarm: pool.prewarm.statuses(),
      coldStarts: pool.coldStarts,
      warmStarts: pool.warmStarts,
      evictions: { ...pool.evictions },
    }
  }

  setShare(grant: Grant): void {
    this.#parts.shares.receive(grant)
  }

  runAttempts(deliveries: readonly NumberedDelivery[]): void {
    this.#parts.attempts.take(deliveries)
  }

  stopAttempts(callIds: readonly CallId[]): void {
    this.#parts.attempts.stop(callIds)
  }

  setDepths(depths: readonly QueueDepth[]): void {
    for (const depth of depths) this.#parts.depths.tell(depth)
  }

  setFollow(all: boolean): void {
    this.#parts.recorder.setFollow(all)
  }

  onRecords(send: (records: readonly InvocationRecord[], dropped: number) => void): void {
    this.sendRecords = send
  }

  drain({ lingerMs }: { readonly lingerMs: number }): Promise<void> {
    this.#lingerUntilMs = Math.min(this.#lingerUntilMs, nowMs() + Math.max(lingerMs, minLingerMs))
    this.#drained ??= this.#drain()
    return this.#drained
  }

  async #drain(): Promise<void> {
    this.#server.beginClosing()
    // Whoever comes now is the last.
    this.#provisions.set([])
    // Connections that wait in the accept queue would be reset with the socket: one look at them first.
    await new Promise(setImmediate)
    this.#server.stopAccepting()
    const { pool, attempts, shares, enqueuer, view, guardian } = this.#parts
    attempts.drain()
    const isBusy = () =>
      this.#server.inFlight > 0 || [pool, attempts, shares, enqueuer].some((part) => part.isBusy)
    while (isBusy() || nowMs() < this.#lingerUntilMs) {
      await new Promise((resolve) => setTimeout(resolve, drainLookEveryMs))
    }
    this.#server.close()
    shares.close()
    pool.retireAll()
    const untilMs = nowMs() + maxShutdownWaitMs
    while (pool.residentInstances > 0 && nowMs() < untilMs) {
      await new Promise((resolve) => setTimeout(resolve, drainLookEveryMs))
    }
    pool.close()
    this.#parts.layers.close()
    this.#parts.recorder.close()
    guardian.stop()
    await enqueuer.close()
    await view.close()
  }
}

function nowMs(): number {
  return performance.now()
}

function rssMiB(): number {
  return process.memoryUsage.rss() / 2 ** 20
}
