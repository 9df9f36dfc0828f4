import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readBootstrap } from '../../../runtime/isolate/bootstrap.ts'
import { CompiledBootstrap } from '../../../runtime/isolate/compiled-bootstrap.ts'
import { Guardian } from '../../../runtime/isolate/guardian.ts'
import { HostWork } from '../../../runtime/isolate/host-work/host-work.ts'
import { processClock } from '../../../runtime/isolate/host-work/host-work-meter.ts'
import { BatchSize } from '../../../runtime/isolate/instance/batch-size.ts'
import { Deadlines } from '../../../runtime/isolate/instance/deadlines.ts'
import { Instance } from '../../../runtime/isolate/instance/instance.ts'
import type { InstanceContext } from '../../../runtime/isolate/instance/instance-context.ts'
import { loadInstance } from '../../../runtime/isolate/instance/load-instance.ts'
import type { Pending } from '../../../runtime/isolate/instance/pending.ts'
import { SliceMeter, threadClock } from '../../../runtime/isolate/instance/slice-meter.ts'
import { OutboundAgents } from '../../../runtime/isolate/outbound/outbound-agents.ts'
import { PreparedIsolate } from '../../../runtime/isolate/prepared-isolate.ts'
import { usualAsync } from '../../../runtime/model/async-settings.ts'
import { usualPool } from '../../../runtime/model/function.ts'
import { type Invocation, noUsage, type Target } from '../../../runtime/model/invocation.ts'
import type { Outcome } from '../../../runtime/model/outcome.ts'
import { manifestOf } from '../../registry/temporary-registry.ts'

const bootstrap = new CompiledBootstrap(await readBootstrap(null))

/** An instance that nobody enters by itself, and a clock that stands still. */
class Fixture implements Disposable {
  nowMs = 0
  readonly failures: string[] = []
  readonly instance: Instance
  readonly deadlines = new Deadlines<Pending>(
    () => this.nowMs,
    (pending) => pending.instance?.expire(pending),
  )
  readonly #guardian = new Guardian()
  readonly #target: Target = {
    functionName: 'test',
    label: 1,
    alias: null,
    manifest: manifestOf('test'),
    settings: {
      versionHeader: false,
      exposeErrors: false,
      async: usualAsync,
      triggers: [],
      pool: usualPool,
      egress: { allow: [], deny: [] },
    },
  }

  constructor(bundle: string) {
    const context: InstanceContext = {
      nowMs: () => this.nowMs,
      wallMs: () => 0,
      deadlines: this.deadlines,
      outbound: new OutboundAgents({ ceiling: { allow: null, deny: [] } }),
      enqueue: async () => ({ kind: 'refused', code: 'unavailable', message: 'There is no retry log' }),
      hostWork: new HostWork(processClock),
      sliceMeter: new SliceMeter(threadClock),
      userAgent: 'test/1',
      onEntering() {},
      onReady() {},
      onProgress() {},
      onInitFailed: (_, { kind }) => this.failures.push(kind),
      onHookEnded() {},
      onCondemned() {},
      onRanOn() {},
      mapError: (_, error) => error,
    }
    const loaded = loadInstance(
      new PreparedIsolate(bootstrap, this.#guardian, 128),
      {
        manifest: this.#target.manifest,
        functionName: 'test',
        version: '1',
        script: { source: bundle, codeCache: null },
        layers: null,
      },
      { batchSize: new BatchSize(), context, target: () => this.#target },
    )
    assert.ok(loaded instanceof Instance)
    this.instance = loaded
  }

  /** Begins a request; what comes of it is put into `outcomes`. */
  begin(outcomes: Outcome[]): void {
    const invocation: Invocation = {
      id: '1',
      target: this.#target,
      event: { kind: 'direct', json: 'null' },
      arrivedAtMs: 0,
      deadlineMs: 30_000,
      attempt: null,
      usage: noUsage(),
      onSettled: (outcome) => outcomes.push(outcome),
    }
    this.instance.begin(invocation, false)
  }

  [Symbol.dispose](): void {
    this.instance.dispose()
    this.deadlines.close()
    this.#guardian.stop()
  }
}

test('The time of a hook runs from when it was asked for, however late it is entered', () => {
  using fixture = new Fixture('({ init() {}, handler() {} })')
  assert.equal(fixture.instance.state, 'initialising')
  fixture.nowMs = 10_050
  fixture.deadlines.sweep()
  assert.deepEqual([fixture.instance.state, fixture.failures], ['condemned', ['exceeded_wall_time']])
})

test('An instance that retires while it is initialised takes no requests when it is', () => {
  using fixture = new Fixture('({ init() {}, handler() {} })')
  fixture.instance.retire()
  fixture.instance.runEntry()
  assert.deepEqual([fixture.instance.state, fixture.failures], ['retiring', []])
})

test('shutDown() ends the requests that still run, then lets the hook run, and calls back once', () => {
  using fixture = new Fixture('({ handler: () => new Promise((r) => setTimeout(r, 50)), shutdown() {} })')
  const outcomes: Outcome[] = []
  let ended = 0
  fixture.begin(outcomes)
  fixture.instance.runEntry()
  fixture.instance.shutDown(() => ended++)
  assert.deepEqual([outcomes.map(({ kind }) => kind), ended], [['interrupted'], 0])
  assert.equal(fixture.instance.inFlight, 0)
  fixture.instance.runEntry()
  assert.deepEqual([fixture.instance.state, ended], ['condemned', 1])
})

test('shutDown() calls back at once where there is no hook to run', () => {
  const modules = ['({ handler() {} })', '({ init() {}, shutdown() {}, handler() {} })']
  for (const bundle of modules) {
    using fixture = new Fixture(bundle)
    let ended = 0
    fixture.instance.shutDown(() => ended++)
    assert.deepEqual([fixture.instance.state, ended, fixture.failures], ['condemned', 1, []])
  }
})

test('A second shutDown() does not wait for the first', () => {
  using fixture = new Fixture('({ handler() {}, shutdown: () => new Promise((r) => setTimeout(r, 50)) })')
  const ended: number[] = []
  fixture.instance.shutDown(() => ended.push(1))
  fixture.instance.runEntry()
  fixture.instance.shutDown(() => ended.push(2))
  assert.deepEqual(ended, [1, 2])
})
