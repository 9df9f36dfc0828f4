import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Target } from '../../runtime/model/invocation.ts'
import { InstanceProvisioning, type ProvisionedPool } from '../../runtime/pool/provisioning.ts'

interface FakeInstance {
  state: 'initialising' | 'resident' | 'retiring' | 'condemned'
  invocations: number
}

class FakePool implements ProvisionedPool {
  readonly target: Target
  readonly instances: FakeInstance[] = []
  maxInvocations = Number.POSITIVE_INFINITY
  provisioned = 0

  constructor(target: Target) {
    this.target = target
  }

  /** Takes an instance away, as an eviction does. */
  lose(instance: FakeInstance): void {
    instance.state = 'condemned'
    this.instances.splice(this.instances.indexOf(instance), 1)
  }
}

/** Provisioning over pools of nothing, with a clock that moves by hand. */
class Scene {
  nowMs = 100_000
  lastBusyAtMs = 0
  isAnyoneWaiting = false
  /** What becomes of the next wishes. */
  fate: 'resident' | 'initialising' | 'no_room' | 'failed' = 'resident'
  /** How many were asked for. */
  wishes = 0
  readonly provisioning: InstanceProvisioning<FakePool>
  readonly #pools = new Map<Target, FakePool>()

  constructor(t: TestContext) {
    this.provisioning = new InstanceProvisioning({
      nowMs: () => this.nowMs,
      lastBusyAtMs: () => this.lastBusyAtMs,
      isAnyoneWaiting: () => this.isAnyoneWaiting,
      poolOf: (target) => this.poolOf(target),
      create: (pool) => this.#create(pool),
    })
    t.mock.timers.enable({ apis: ['setTimeout'] })
    t.after(() => this.provisioning.close())
  }

  poolOf(target: Target): FakePool {
    const pool = this.#pools.get(target) ?? new FakePool(target)
    this.#pools.set(target, pool)
    return pool
  }

  /** Ticks as often, each a while after the other. */
  tick(times = 1, everyMs = 5): void {
    for (let time = 0; time < times; time++) {
      this.nowMs += everyMs
      this.provisioning.tick()
    }
  }

  /** How many are asked for within so many seconds of steady ticks. */
  wishesWithin(seconds: number): number {
    const before = this.wishes
    this.tick(seconds * 100, 10)
    return this.wishes - before
  }

  #create(pool: FakePool) {
    this.wishes++
    if (this.fate === 'no_room' || this.fate === 'failed') return { kind: this.fate } as const
    const instance: FakeInstance = { state: this.fate, invocations: 0 }
    pool.instances.push(instance)
    return { kind: 'made', instance } as const
  }
}

function targetOf(functionName: string): Target {
  return { functionName, label: 1 } as Target
}

const f = targetOf('f')
const g = targetOf('g')

test('what is missing is made, one at a time, and no more', (t) => {
  const scene = new Scene(t)
  scene.provisioning.set([
    { target: f, count: 2 },
    { target: g, count: 1 },
  ])
  assert.equal(scene.wishes, 0)
  scene.tick()
  assert.equal(scene.wishes, 1)
  scene.tick(10)
  assert.equal(scene.poolOf(f).instances.length, 2)
  assert.equal(scene.poolOf(g).instances.length, 1)
  assert.equal(scene.wishes, 3)
})

test('it goes on by itself until nothing is missing', (t) => {
  const scene = new Scene(t)
  scene.provisioning.set([{ target: f, count: 3 }])
  for (let time = 0; time < 5; time++) {
    scene.nowMs += 5
    t.mock.timers.tick(5)
  }
  assert.equal(scene.poolOf(f).instances.length, 3)
  scene.poolOf(f).lose(scene.poolOf(f).instances[0]!)
  scene.provisioning.look()
  scene.nowMs += 5
  t.mock.timers.tick(5)
  assert.equal(scene.poolOf(f).instances.length, 3)
})

test('instances that requests had made count', (t) => {
  const scene = new Scene(t)
  scene.poolOf(f).instances.push({ state: 'resident', invocations: 5 })
  scene.provisioning.set([{ target: f, count: 1 }])
  scene.tick(10)
  assert.equal(scene.wishes, 0)
})

test('none is made while anybody waits for an instance, and few while the thread is busy', (t) => {
  const scene = new Scene(t)
  scene.provisioning.set([{ target: f, count: 100 }])
  scene.isAnyoneWaiting = true
  scene.tick(1000)
  assert.equal(scene.wishes, 0)
  scene.isAnyoneWaiting = false
  const before = scene.wishes
  for (let time = 0; time < 200; time++) {
    scene.lastBusyAtMs = scene.nowMs + 5
    scene.tick()
  }
  assert.equal(scene.wishes - before, 10)
})

test('the pool knows how many stay, for as long as they are wanted', (t) => {
  const scene = new Scene(t)
  scene.provisioning.set([{ target: f, count: 2 }])
  assert.equal(scene.poolOf(f).provisioned, 2)
  scene.tick(5)
  scene.provisioning.set([
    { target: f, count: 1 },
    { target: g, count: 1 },
  ])
  assert.equal(scene.poolOf(f).provisioned, 1)
  scene.provisioning.set([])
  assert.equal(scene.poolOf(f).provisioned, 0)
  assert.equal(scene.poolOf(g).provisioned, 0)
  assert.equal(scene.poolOf(f).instances.length, 2, 'those there are go when they were idle for too long')
})

test('a version that cannot be loaded is tried more and more rarely', (t) => {
  const scene = new Scene(t)
  scene.fate = 'failed'
  scene.provisioning.set([{ target: f, count: 4 }])
  assert.equal(scene.wishesWithin(10), 4, 'after 0, 1, 3 and 7 s')
  scene.tick(60_000, 10)
  assert.equal(scene.wishesWithin(600), 10, 'every minute at last')
})

test('instances whose init fails are tried more and more rarely, and then one at a time', (t) => {
  const scene = new Scene(t)
  const pool = scene.poolOf(f)
  scene.fate = 'initialising'
  scene.provisioning.set([{ target: f, count: 3 }])
  scene.tick(10)
  assert.equal(pool.instances.length, 3)
  for (const instance of [...pool.instances]) pool.lose(instance)
  scene.tick(10)
  assert.equal(pool.instances.length, 0)
  assert.equal(scene.wishesWithin(5), 1)
  pool.instances[0]!.state = 'resident'
  scene.tick(10)
  assert.equal(pool.instances.length, 3, 'that one works, so the others will')
})

test('one version that fails does not hold up another', (t) => {
  const scene = new Scene(t)
  scene.fate = 'failed'
  scene.provisioning.set([
    { target: f, count: 1 },
    { target: g, count: 1 },
  ])
  scene.tick()
  scene.fate = 'resident'
  scene.tick()
  assert.equal(scene.poolOf(g).instances.length, 1)
})

test('an instance that had requests is replaced at once when it is condemned', (t) => {
  const scene = new Scene(t)
  const pool = scene.poolOf(f)
  scene.provisioning.set([{ target: f, count: 1 }])
  scene.tick()
  pool.instances[0]!.invocations = 1
  pool.lose(pool.instances[0]!)
  scene.tick()
  assert.equal(pool.instances.length, 1)
})

test('where there is no room it is tried every second', (t) => {
  const scene = new Scene(t)
  scene.fate = 'no_room'
  scene.provisioning.set([{ target: f, count: 2 }])
  assert.equal(scene.wishesWithin(10), 10)
})

test('an instance has a successor before it has had all invocations that it may', (t) => {
  const scene = new Scene(t)
  const pool = scene.poolOf(f)
  pool.maxInvocations = 10
  scene.provisioning.set([{ target: f, count: 1 }])
  scene.tick()
  pool.instances[0]!.invocations = 8
  scene.tick(10)
  assert.equal(pool.instances.length, 1)
  pool.instances[0]!.invocations = 9
  scene.tick(10)
  assert.equal(pool.instances.length, 2)
})

test('of instances for one invocation each, those that have had theirs do not count', (t) => {
  const scene = new Scene(t)
  const pool = scene.poolOf(f)
  pool.maxInvocations = 1
  scene.provisioning.set([{ target: f, count: 1 }])
  scene.tick()
  pool.instances[0]!.invocations = 1
  scene.tick(10)
  assert.equal(pool.instances.length, 2)
})

test('statuses tell how many are wanted, and how many of these are ready', (t) => {
  const scene = new Scene(t)
  scene.fate = 'initialising'
  scene.provisioning.set([{ target: f, count: 1 }])
  scene.tick()
  const status = () => scene.provisioning.statuses()
  assert.deepEqual(status(), [{ functionName: 'f', version: '1', wanted: 1, ready: 0 }])
  scene.poolOf(f).instances[0]!.state = 'resident'
  scene.poolOf(f).instances.push({ state: 'resident', invocations: 0 })
  assert.deepEqual(status(), [{ functionName: 'f', version: '1', wanted: 1, ready: 1 }])
})
