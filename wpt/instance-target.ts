import { join } from 'node:path'
import { readBootstrap } from '../runtime/isolate/bootstrap.ts'
import { CompiledBootstrap } from '../runtime/isolate/compiled-bootstrap.ts'
import { OutboundAgents } from '../runtime/isolate/outbound/outbound-agents.ts'
import { usualAsync } from '../runtime/model/async-settings.ts'
import { usualPool } from '../runtime/model/function.ts'
import { type Invocation, type Target as InvocationTarget, noUsage } from '../runtime/model/invocation.ts'
import { type Limits, limitBounds } from '../runtime/model/limits.ts'
import type { Outcome } from '../runtime/model/outcome.ts'
import { soleShares } from '../runtime/pool/admission.ts'
import { Pool } from '../runtime/pool/pool.ts'
import { PatientGuardian } from './patient-guardian.ts'
import { readAnswer, type TestResult } from './subtest.ts'
import type { Target } from './target.ts'

/** Runs each test in an instance of its own, made and entered by the product's own code. */
export async function createInstanceTarget(): Promise<Target> {
  const cacheDir = join(process.cwd(), '.isolette', 'cache')
  const bootstrap = new CompiledBootstrap(await readBootstrap(cacheDir))
  const guardian = new PatientGuardian()
  return {
    async run(program, timeoutMs) {
      guardian.entryMs = timeoutMs
      const pool = createPool(bootstrap, guardian, program)
      try {
        return await runIn(pool, targetOf(program, timeoutMs))
      } finally {
        pool.close()
      }
    },
  }
}

/** How long the instance may take to say how far a test came that did not end. */
const answerMs = 10_000

async function runIn(pool: Pool, target: InvocationTarget): Promise<TestResult> {
  const { timeoutMs } = target.manifest.limits
  const outcome = await get(pool, target, '/run', timeoutMs)
  if (outcome.kind === 'ok') return readAnswer(textOf(outcome))
  const message = outcome.kind === 'exception' ? outcome.error.stack : `${outcome.kind}: ${outcome.message}`
  if (pool.residentInstances === 0) return { status: 'killed', message, subtests: [] }
  // Most often a subtest waits for what never happens: the others count all the same.
  const late = await get(pool, target, '/results', answerMs)
  if (late.kind !== 'ok') return { status: 'killed', message, subtests: [] }
  const result = readAnswer(textOf(late))
  return result.message === '' ? { ...result, message } : result
}

function get(pool: Pool, target: InvocationTarget, path: string, timeoutMs: number): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const arrivedAtMs = performance.now()
  const invocation: Invocation = {
    id: path,
    target,
    event: {
      kind: 'http',
      method: 'GET',
      url: `http://web-platform.test${path}`,
      headers: '',
      body: null,
      clientAddress: '127.0.0.1',
    },
    arrivedAtMs,
    deadlineMs: arrivedAtMs + timeoutMs,
    attempt: null,
    usage: noUsage(),
    onSettled: resolve,
  }
  pool.invoke(invocation)
  return promise
}

function textOf(outcome: Outcome): string {
  return outcome.kind === 'ok' ? String(outcome.response?.body) : ''
}

function createPool(bootstrap: CompiledBootstrap, guardian: PatientGuardian, program: string): Pool {
  return new Pool({
    bootstrap,
    guardian,
    readBundle: () => ({ source: program, codeCache: null }),
    mapError: (_manifest, error) => error,
    nowMs: () => performance.now(),
    wallMs: () => Date.now(),
    rssMiB: () => 0,
    prewarm: { min: 0, max: 0, ttlMs: 60_000, threshold: 1, increment: 1 },
    layersOf: () => null,
    maxInstances: 2,
    memoryBudgetMiB: Number.POSITIVE_INFINITY,
    shares: soleShares,
    handOver: () => false,
    userAgent: 'isolette',
    outbound: new OutboundAgents({ ceiling: { allow: null, deny: [] }, lookup: refuseLookup }),
    enqueue: async () => ({ kind: 'refused', code: 'unavailable', message: 'There is no retry log' }),
    onEntering: () => {},
    onHookEnded: () => {},
    onRanOn: () => {},
    onFault: (error) => console.error(error),
  })
}

/** No test may ask for a name outside this machine. */
function refuseLookup(
  _host: string,
  _options: unknown,
  callback: (error: Error, addresses: never[]) => void,
): void {
  callback(new Error('There is no network'), [])
}

function targetOf(program: string, timeoutMs: number): InvocationTarget {
  const defaults = Object.fromEntries(Object.entries(limitBounds).map(([key, bound]) => [key, bound.default]))
  const limits = {
    ...(defaults as unknown as Limits),
    memoryMiB: 512,
    timeoutMs,
    // All that a test does is one request's.
    cpuMs: timeoutMs,
    subrequests: limitBounds.subrequests.max,
  }
  return {
    functionName: 'test',
    label: 1,
    alias: null,
    manifest: {
      versionId: 'test',
      bundle: 'test',
      bundleBytes: program.length,
      sourceMap: '',
      handlerKind: 'fetch',
      limits,
      // Tests take buffers that are shared from its memory.
      unsafe: { wasm: true },
      env: {},
      layers: [],
    },
    settings: {
      versionHeader: false,
      exposeErrors: true,
      async: usualAsync,
      triggers: [],
      pool: { ...usualPool, concurrency: 10, idleTimeoutMs: 300_000 },
      egress: { allow: [], deny: [] },
    },
  }
}
