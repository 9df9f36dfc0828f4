import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { readBootstrap } from '../../runtime/isolate/bootstrap.ts'
import { CompiledBootstrap } from '../../runtime/isolate/compiled-bootstrap.ts'
import { Guardian } from '../../runtime/isolate/guardian.ts'
import type { LayerFiles } from '../../runtime/isolate/layers/layer-files.ts'
import { CompiledLayerScript } from '../../runtime/isolate/layers/layer-script.ts'
import type { PreparedIsolate } from '../../runtime/isolate/prepared-isolate.ts'
import type { PrewarmSettings } from '../../runtime/pool/prewarm-policy.ts'
import { PrewarmPool } from '../../runtime/pool/prewarm-pool.ts'

const bootstrap = new CompiledBootstrap(await readBootstrap(null))
const usual = { memoryMiB: 128, script: null }

function script(key: string): CompiledLayerScript {
  const files = {} as LayerFiles
  return new CompiledLayerScript({
    key,
    digest: key,
    source: '',
    codeCache: null,
    files,
    onFirstPreload() {},
  })
}

/** A prewarm pool whose clock stands still; it is refilled by hand. */
class Fixture implements Disposable {
  nowMs = 0
  lastBusyAtMs = -1000
  isAnyoneWaiting = false
  /** What `preload` was asked for, and what becomes of it. */
  readonly preloaded: string[] = []
  preload: (isolate: PreparedIsolate, script: CompiledLayerScript) => boolean = () => true
  readonly pool: PrewarmPool
  readonly #guardian = new Guardian()
  readonly #taken: PreparedIsolate[] = []

  constructor(t: TestContext, settings: Partial<PrewarmSettings> = {}) {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    this.pool = new PrewarmPool({
      bootstrap,
      guardian: this.#guardian,
      settings: { min: 1, max: 4, ttlMs: 1000, threshold: 1, increment: 1, ...settings },
      preload: (isolate, script) => {
        this.preloaded.push(script.key)
        return this.preload(isolate, script)
      },
      nowMs: () => this.nowMs,
      lastBusyAtMs: () => this.lastBusyAtMs,
      isAnyoneWaiting: () => this.isAnyoneWaiting,
    })
    this.pool.fill()
  }

  take(want: { memoryMiB: number; script: CompiledLayerScript | null }): PreparedIsolate {
    const isolate = this.pool.take(want)
    this.#taken.push(isolate)
    return isolate
  }

  /** Refills until nothing is missing. */
  settle(): void {
    for (let look = 0; look < 100 && this.pool.refill(); look++) this.nowMs += 0.01
  }

  /** `what ready/wanted` of each set. */
  get sets(): string[] {
    return this.pool
      .statuses()
      .map(({ layerScript, memoryMiB, ready, wanted }) => `${layerScript ?? memoryMiB} ${ready}/${wanted}`)
  }

  [Symbol.dispose](): void {
    this.pool.close()
    for (const isolate of this.#taken) isolate.dispose()
    this.#guardian.stop()
  }
}

describe('PrewarmPool', () => {
  it('replaces what is taken, and grows with cold starts that found none', (t) => {
    using fixture = new Fixture(t)
    assert.deepEqual(fixture.sets, ['128 1/1'])
    fixture.take(usual)
    assert.deepEqual(fixture.sets, ['128 0/1'])
    fixture.settle()
    assert.deepEqual(fixture.sets, ['128 1/1'])
    for (let index = 0; index < 4; index++) fixture.take(usual)
    fixture.settle()
    assert.deepEqual(fixture.sets, ['128 3/3'])
    fixture.nowMs = 1500
    fixture.pool.sweep()
    assert.deepEqual(fixture.sets, ['128 1/1'])
  })

  it('keeps none of another memory limit until one was asked for, and then not for ever', (t) => {
    using fixture = new Fixture(t)
    const first = fixture.take({ memoryMiB: 64, script: null })
    assert.equal(first.memoryMiB, 64)
    assert.deepEqual(fixture.sets, ['128 1/1', '64 0/1'])
    fixture.settle()
    assert.deepEqual(fixture.sets, ['128 1/1', '64 1/1'])
    assert.equal(fixture.take({ memoryMiB: 64, script: null }).memoryMiB, 64)
    fixture.settle()
    fixture.nowMs = 1500
    fixture.pool.sweep()
    assert.deepEqual(fixture.sets, ['128 1/1'])
  })

  it('evaluates layers in isolates that wait, as soon as a version of them is expected', (t) => {
    using fixture = new Fixture(t)
    const lodash = { memoryMiB: 128, script: script('lodash') }
    fixture.pool.expect(lodash)
    assert.deepEqual(fixture.preloaded, [])
    fixture.settle()
    assert.deepEqual([fixture.sets, fixture.preloaded], [['128 1/1', 'lodash 1/1'], ['lodash']])
    fixture.take(lodash)
    assert.deepEqual(fixture.sets, ['128 1/1', 'lodash 0/1'])
    fixture.settle()
    assert.deepEqual(fixture.sets, ['128 1/1', 'lodash 1/1'])
  })

  it('gives a bare isolate that waits where none with the layers does', (t) => {
    using fixture = new Fixture(t)
    fixture.take({ memoryMiB: 128, script: script('lodash') })
    assert.deepEqual([fixture.sets, fixture.preloaded], [['128 0/1', 'lodash 0/1'], []])
  })

  it('makes no more of layers that are to be forgotten, though they were expected', (t) => {
    using fixture = new Fixture(t)
    const [bad, good] = [script('bad'), script('good')]
    fixture.pool.expect({ memoryMiB: 128, script: bad })
    fixture.settle()
    fixture.pool.expect({ memoryMiB: 64, script: bad })
    fixture.pool.expect({ memoryMiB: 128, script: good })
    const waiting = fixture.pool.ready
    fixture.pool.forget(new Set(['bad']))
    assert.equal(fixture.pool.ready, waiting - 1)
    fixture.settle()
    assert.deepEqual(fixture.preloaded, ['bad', 'good'])
    assert.deepEqual(fixture.sets, ['128 1/1', 'good 1/1'])
  })

  it('counts layers that cannot be preloaded as bare', (t) => {
    using fixture = new Fixture(t)
    const broken = script('broken')
    fixture.preload = (isolate) => {
      isolate.dispose()
      const failure = { kind: 'exception', error: { name: 'Error', message: 'no', stack: '' } } as const
      broken.notePreload({ failure, lines: [], droppedLines: 0 })
      return false
    }
    fixture.pool.expect({ memoryMiB: 128, script: broken })
    fixture.settle()
    assert.deepEqual([fixture.sets, fixture.preloaded], [['128 1/1'], ['broken']])
    fixture.take({ memoryMiB: 128, script: broken })
    assert.deepEqual(fixture.sets, ['128 0/1'])
    fixture.settle()
    assert.deepEqual([fixture.sets, fixture.preloaded], [['128 1/1'], ['broken']])
  })

  it('has no more waiting than the maximum, of those that were used last', (t) => {
    using fixture = new Fixture(t, { min: 1, max: 3 })
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
      fixture.nowMs++
      fixture.pool.expect({ memoryMiB: 128, script: script(name) })
      fixture.settle()
      assert.ok(fixture.pool.ready <= 3)
    }
    assert.deepEqual(
      fixture.pool.statuses().flatMap(({ layerScript, ready }) => (ready > 0 ? [layerScript] : [])),
      [null, 'e', 'f'],
    )
    assert.ok(fixture.pool.statuses().length <= 4, `${fixture.sets}`)
  })

  it('makes none while requests wait', (t) => {
    using fixture = new Fixture(t)
    fixture.take(usual)
    fixture.isAnyoneWaiting = true
    fixture.nowMs += 10_000
    assert.ok(fixture.pool.refill())
    assert.equal(fixture.pool.ready, 0)
    fixture.isAnyoneWaiting = false
    fixture.pool.refill()
    assert.equal(fixture.pool.ready, 1)
  })

  it('makes none right after one that somebody waited for, in a busy worker', (t) => {
    using fixture = new Fixture(t)
    fixture.nowMs = fixture.lastBusyAtMs = 100
    fixture.take(usual)
    fixture.take(usual)
    fixture.pool.refill()
    assert.equal(fixture.pool.ready, 0)
    fixture.nowMs = fixture.lastBusyAtMs = 120
    fixture.pool.refill()
    assert.equal(fixture.pool.ready, 1)
  })

  it('makes one at a time in gaps, and in a busy worker at intervals', (t) => {
    using fixture = new Fixture(t, { min: 3 })
    for (let index = 0; index < 3; index++) fixture.take(usual)
    fixture.nowMs = fixture.lastBusyAtMs = 100
    const made: number[] = []
    for (; fixture.nowMs < 160; fixture.nowMs++) {
      fixture.lastBusyAtMs = fixture.nowMs
      const before = fixture.pool.ready
      fixture.pool.refill()
      if (fixture.pool.ready > before) made.push(fixture.nowMs)
    }
    assert.deepEqual(made, [100, 120, 140])
  })

  it('takes no more than a fifth of a busy thread for layers that are slow', (t) => {
    using fixture = new Fixture(t, { min: 0 })
    fixture.preload = () => {
      fixture.nowMs += 30
      return true
    }
    const slow = { memoryMiB: 128, script: script('slow') }
    fixture.take(slow)
    fixture.take(slow)
    fixture.nowMs = 1
    const made: number[] = []
    for (; fixture.nowMs < 900; fixture.nowMs++) {
      fixture.lastBusyAtMs = fixture.nowMs
      const before = fixture.pool.ready
      fixture.pool.refill()
      if (fixture.pool.ready > before) made.push(fixture.nowMs)
    }
    assert.equal(made.length, 2)
    assert.ok(made[1]! - made[0]! >= 150, `${made}`)
  })

  it('refills by itself', (t) => {
    using fixture = new Fixture(t)
    fixture.take(usual)
    t.mock.timers.tick(2)
    assert.equal(fixture.pool.ready, 1)
  })
})
