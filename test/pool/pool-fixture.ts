import { readBootstrap } from '../../runtime/isolate/bootstrap.ts'
import { CompiledBootstrap } from '../../runtime/isolate/compiled-bootstrap.ts'
import { Guardian } from '../../runtime/isolate/guardian.ts'
import { OutboundAgents } from '../../runtime/isolate/outbound/outbound-agents.ts'
import { usualAsync } from '../../runtime/model/async-settings.ts'
import type { EgressSettings } from '../../runtime/model/egress.ts'
import type { PoolSettings } from '../../runtime/model/function.ts'
import { usualPool } from '../../runtime/model/function.ts'
import {
  type HttpEvent,
  type Invocation,
  type InvocationUsage,
  noUsage,
  type Target,
} from '../../runtime/model/invocation.ts'
import { type Limits, limitBounds } from '../../runtime/model/limits.ts'
import type { FailedOutcome, Outcome } from '../../runtime/model/outcome.ts'
import { soleShares } from '../../runtime/pool/admission.ts'
import { Pool } from '../../runtime/pool/pool.ts'
import type { PoolOptions } from '../../runtime/pool/pool-options.ts'

const bootstrap = new CompiledBootstrap(await readBootstrap(null))

export interface Settled {
  readonly outcome: Outcome
  readonly usage: InvocationUsage
}

export interface TestFunction {
  /** A script whose completion value is the module's exports. */
  readonly bundle: string
  readonly name?: string
  readonly limits?: Partial<Limits>
  readonly pool?: Partial<PoolSettings>
  readonly egress?: EgressSettings
}

/** A pool with real isolates, and a clock that runs on but can be pushed. */
export class PoolFixture implements AsyncDisposable {
  readonly pool: Pool
  readonly faults: unknown[] = []
  readonly entered: string[] = []
  readonly ranOn: { readonly invocation: Invocation; readonly failure: FailedOutcome | null }[] = []
  readonly hooks: {
    readonly hook: string
    readonly usage: InvocationUsage
    readonly failure: FailedOutcome | null
  }[] = []
  /** Told of each outcome from within the pool. */
  onSettled: (invocation: Invocation) => void = () => {}
  readonly #guardian = new Guardian()
  readonly #bundles = new Map<string, string>()
  #aheadMs = 0
  #ids = 0

  constructor(options: Partial<PoolOptions> = {}) {
    this.pool = new Pool({
      bootstrap,
      guardian: this.#guardian,
      readBundle: ({ versionId }) => ({ source: this.#bundles.get(versionId)!, codeCache: null }),
      mapError: (_manifest, error) => error,
      nowMs: () => this.nowMs(),
      wallMs: () => 0,
      rssMiB: () => 0,
      prewarm: { min: 0, max: 0, ttlMs: 60_000, threshold: 1, increment: 1 },
      layersOf: () => null,
      maxInstances: 100,
      memoryBudgetMiB: 1000,
      shares: soleShares,
      handOver: () => false,
      userAgent: 'test/1',
      outbound: new OutboundAgents({ ceiling: { allow: null, deny: [] } }),
      enqueue: async () => ({ kind: 'refused', code: 'unavailable', message: 'There is no retry log' }),
      onEntering: ({ versionId }) => this.entered.push(versionId),
      onHookEnded: (hook, { usage }, failure) => this.hooks.push({ hook, usage, failure }),
      onRanOn: (invocation, failure) => this.ranOn.push({ invocation, failure }),
      onFault: (error) => this.faults.push(error),
      ...options,
    })
  }

  nowMs(): number {
    return performance.now() + this.#aheadMs
  }

  advance(ms: number): void {
    this.#aheadMs += ms
  }

  /** A target that stays the same object, as the router keeps it. */
  define({
    bundle,
    name = 'test',
    limits = {},
    pool = {},
    egress = { allow: [], deny: [] },
  }: TestFunction): Target {
    const versionId = `${name}-${this.#bundles.size}`
    this.#bundles.set(versionId, bundle)
    const defaults = Object.fromEntries(
      Object.entries(limitBounds).map(([key, bound]) => [key, bound.default]),
    )
    return {
      functionName: name,
      label: 1,
      alias: 'live',
      manifest: {
        versionId,
        bundle: versionId,
        bundleBytes: bundle.length,
        sourceMap: '',
        handlerKind: 'fetch',
        limits: { ...(defaults as unknown as Limits), ...limits },
        env: {},
        layers: [],
      },
      settings: {
        versionHeader: false,
        exposeErrors: false,
        async: usualAsync,
        triggers: [],
        pool: { ...usualPool, ...pool },
        egress,
      },
    }
  }

  /** Begins a GET of `path`, with a body a POST; the promise settles with its outcome. */
  begin(
    target: Target,
    path = '/',
    timeoutMs = target.manifest.limits.timeoutMs,
    body: HttpEvent['body'] = null,
    method = body === null ? 'GET' : 'POST',
  ): { invocation: Invocation; settled: Promise<Settled> } {
    const event = {
      kind: 'http',
      method,
      url: `http://test${path}`,
      headers: '',
      body,
      clientAddress: '::1',
    } as const
    return this.#begin(target, event, timeoutMs)
  }

  /** Sends a direct event. */
  send(target: Target, event: unknown): Promise<Settled> {
    const direct = { kind: 'direct', json: JSON.stringify(event) } as const
    return this.#begin(target, direct, target.manifest.limits.timeoutMs).settled
  }

  #begin(
    target: Target,
    event: Invocation['event'],
    timeoutMs: number,
  ): { invocation: Invocation; settled: Promise<Settled> } {
    const { promise, resolve } = Promise.withResolvers<Settled>()
    const usage: InvocationUsage = noUsage()
    const nowMs = this.nowMs()
    let count = 0
    const invocation: Invocation = {
      id: `invocation-${++this.#ids}`,
      target,
      event,
      arrivedAtMs: nowMs,
      deadlineMs: nowMs + timeoutMs,
      attempt: null,
      usage,
      onSettled: (outcome) => {
        if (++count > 1) this.faults.push(new Error(`${invocation.id} settled ${count} times`))
        usage.recordedCpuMs = usage.cpuMs
        this.onSettled(invocation)
        resolve({ outcome, usage })
      },
    }
    this.pool.invoke(invocation)
    return { invocation, settled: promise }
  }

  get(target: Target, path?: string, timeoutMs?: number): Promise<Settled> {
    return this.begin(target, path, timeoutMs).settled
  }

  /** GETs all paths in one turn of the event loop. */
  getTogether(target: Target, paths: readonly string[]): Promise<Settled[]> {
    return Promise.all(paths.map((path) => this.get(target, path)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.pool.close()
    this.#guardian.stop()
  }
}

/** What `fetch(request)` does, as the bundle of a module. */
export function fetching(body: string): string {
  return `(() => { return { default: { async fetch(request, env, ctx) { const path = new URL(request.url).pathname; ${body} } } } })()`
}

/** The text of an answer. @throws Error unless the outcome is `ok` */
export function textOf({ outcome }: Settled): string {
  if (outcome.kind !== 'ok' || outcome.response === null)
    throw new Error(`The outcome is ${JSON.stringify(outcome)}`)
  return String(outcome.response.body)
}
