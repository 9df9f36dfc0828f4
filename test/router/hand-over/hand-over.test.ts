import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HandOver } from '../../../router/hand-over/hand-over.ts'
import type { Invocation } from '../../../runtime/model/invocation.ts'
import { FakeInvoker } from '../fake-invoker.ts'
import { TwoWorkers } from './two-workers.ts'

class Fixture {
  readonly local = new FakeInvoker()
  readonly peers: Invocation[] = []
  holders: number[] = [2]
  readonly asked: string[] = []
  readonly handOver = new HandOver({
    local: this.local,
    shares: {
      holders: () => this.holders,
      askMore: (name) => this.asked.push(name) > 0,
      doubt: (name) => this.asked.push(`doubt ${name}`),
    },
    peers: {
      invoke: (invocation) => this.peers.push(invocation),
      cancel: (invocation) => this.peers.includes(invocation),
    },
  })

  constructor() {
    this.local.answer = () => null
  }
}

async function someInvocation(t: { after(done: () => void): void }): Promise<Invocation> {
  return (await TwoWorkers.start(t)).handOver({}, [7]).invocation
}

test('what has no share here goes to a worker that has one, and a share is asked for', async (t) => {
  const fixture = new Fixture()
  const invocation = await someInvocation(t)
  assert.equal(fixture.handOver.offer(invocation), true)
  assert.deepEqual(fixture.peers, [invocation])
  assert.deepEqual(fixture.asked, ['hello'])
})

test('where nobody has a share nothing is given away', async (t) => {
  const fixture = new Fixture()
  fixture.holders = []
  assert.equal(fixture.handOver.offer(await someInvocation(t)), false)
})

test('what another worker handed over goes back, and to nobody else', async (t) => {
  const fixture = new Fixture()
  const workers = await TwoWorkers.start(t)
  workers.holder.answer = (invocation) => {
    assert.equal(fixture.handOver.offer(invocation), true)
    return null
  }
  const { invocation } = workers.handOver()
  assert.equal(await workers.nextMoved(), invocation)
  assert.deepEqual(fixture.peers, [])
})

test('what comes back is tried again here, but not for ever', async (t) => {
  const fixture = new Fixture()
  const workers = await TwoWorkers.start(t)
  const { invocation, settled } = workers.handOver({}, [7])
  for (let time = 0; time < 11; time++) fixture.handOver.takeBack(invocation)
  assert.equal((await settled).kind, 'overloaded')
  assert.equal(fixture.local.seen.length, 10)
  assert.equal(fixture.asked[0], 'doubt hello')
})
