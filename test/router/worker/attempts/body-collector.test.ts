import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BodyCollector, type Collected } from '../../../../router/worker/attempts/body-collector.ts'
import { BytePipe } from '../../../../runtime/model/byte-pipe.ts'
import type { FailedOutcome } from '../../../../runtime/model/outcome.ts'

const tooLate: FailedOutcome = { kind: 'exceeded_wall_time', message: 'too late' }

function collect(maxBytes = 100) {
  const fixture = { collected: null as Collected | null, canceled: 0 }
  const pipe = new BytePipe(1000, { onRoom() {}, onCancel: () => fixture.canceled++ })
  const collector = new BodyCollector(pipe, {
    maxBytes,
    withinMs: 1000,
    tooLate,
    onCollected: (collected) => {
      assert.equal(fixture.collected, null)
      fixture.collected = collected
    },
  })
  collector.start()
  return { fixture, pipe, collector }
}

const turn = () => new Promise(setImmediate)

test('A body is collected as it comes', async () => {
  const { fixture, pipe } = collect()
  pipe.write(Buffer.from('ab'))
  await turn()
  pipe.write(Buffer.from('cd'))
  assert.equal(fixture.collected, null)
  pipe.end()
  await turn()
  assert.deepEqual(fixture.collected, { kind: 'whole', bytes: Buffer.from('abcd') })
})

test('The rest of one that is too large is not waited for', async () => {
  const { fixture, pipe } = collect(3)
  pipe.write(Buffer.from('abcd'))
  await turn()
  assert.deepEqual(fixture.collected, { kind: 'too_large', bytes: 4 })
  assert.equal(fixture.canceled, 1)
})

test('One that fails says how', async () => {
  const { fixture, pipe } = collect()
  const failure: FailedOutcome = { kind: 'interrupted', message: 'gone' }
  pipe.fail(failure)
  await turn()
  assert.deepEqual(fixture.collected, { kind: 'failed', failure })
})

test('One that has not ended in time is given up', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { fixture, pipe } = collect()
  pipe.write(Buffer.from('ab'))
  t.mock.timers.tick(999)
  assert.equal(fixture.collected, null)
  t.mock.timers.tick(1)
  await turn()
  assert.deepEqual(fixture.collected, { kind: 'failed', failure: tooLate })
  assert.equal(fixture.canceled, 1)
})

test('One that nobody wants any more says nothing', async () => {
  const { fixture, pipe, collector } = collect()
  collector.cancel()
  collector.cancel()
  pipe.end()
  await turn()
  assert.equal(fixture.collected, null)
  assert.equal(fixture.canceled, 1)
})
