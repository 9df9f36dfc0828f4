import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AttemptPace } from '../../../../router/worker/attempts/attempt-pace.ts'

class Fixture {
  nowMs = 1000
  requests = 0
  readonly pace = new AttemptPace({ nowMs: () => this.nowMs, requests: () => this.requests })

  /** Of `ms`, how much attempts that take 0.05 ms each are given, with `requests` each millisecond. */
  spentIn(ms: number, requests: number): number {
    let spentMs = 0
    const endMs = this.nowMs + ms
    while (this.nowMs < endMs) {
      this.nowMs += 0.5
      this.requests += requests / 2
      this.pace.look()
      while (this.pace.mayBegin) {
        this.pace.pay(0.05)
        spentMs += 0.05
      }
    }
    return spentMs
  }
}

test('While no requests come, attempts may take all of the time', () => {
  assert.ok(new Fixture().spentIn(1000, 0) >= 1000)
})

test('While requests come, and for a second after, attempts may take a twentieth of it', () => {
  const fixture = new Fixture()
  fixture.spentIn(100, 2)
  const spentMs = fixture.spentIn(1000, 2)
  assert.ok(spentMs > 45 && spentMs < 56, String(spentMs))
  assert.ok(fixture.pace.isBesideRequests)
  assert.ok(fixture.spentIn(990, 0) < 56)
  assert.ok(fixture.spentIn(1000, 0) >= 900)
  assert.equal(fixture.pace.isBesideRequests, false)
})

test('What is begun at once is little, however long nothing was', () => {
  const fixture = new Fixture()
  fixture.nowMs += 60_000
  assert.ok(fixture.spentIn(0.5, 0) < 2.1)
  fixture.nowMs += 60_000
  assert.ok(fixture.spentIn(0.5, 2) < 0.4)
})

test('One that is heavy is followed by none until its time is paid', () => {
  const fixture = new Fixture()
  fixture.spentIn(10, 2)
  fixture.nowMs += 100
  fixture.requests++
  fixture.pace.look()
  fixture.pace.pay(40)
  assert.equal(fixture.pace.mayBegin, false)
  assert.ok(fixture.pace.waitMs > 700 && fixture.pace.waitMs < 900)
  fixture.nowMs += 600
  fixture.requests++
  fixture.pace.look()
  assert.equal(fixture.pace.mayBegin, false)
  fixture.nowMs += 300
  fixture.requests++
  fixture.pace.look()
  assert.equal(fixture.pace.mayBegin, true)
  assert.equal(fixture.pace.waitMs, 0)
})
