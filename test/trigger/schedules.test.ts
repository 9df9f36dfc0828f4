import assert from 'node:assert/strict'
import { test } from 'node:test'
import { minutely, ScheduleScene, settled } from './schedule-scene.ts'

const hourly = { ...minutely, cron: '0 * * * *' }
const alone = { ...minutely, overlap: false }

test('a firing enqueues a call with the event of its trigger', async (t) => {
  const scene = await ScheduleScene.begin(t, '2026-11-21T07:59:30Z', { report: [minutely] })
  await scene.passUntil('2026-11-21T08:00:01Z')
  const [status, ...others] = await scene.waiting()
  assert.equal(others.length, 0)
  const { id, enqueuedAtMs, ageFromMs, callerId, ...call } = status!.call
  assert.match(callerId!, /^cron:[0-9a-f]{32}:1795248000000$/)
  assert.deepEqual(call, {
    functionName: 'report',
    qualifier: 'live',
    version: 3,
    event: {
      kind: 'scheduled',
      json: '{"a":1}',
      cron: '* * * * *',
      scheduledAtMs: Date.parse('2026-11-21T08:00:00Z'),
    },
    depth: 0,
    source: 'schedule',
    parentId: null,
  })
})

test('a trigger fires at each of its times, with seconds and in its time zone', async (t) => {
  const berlin = { ...minutely, cron: '30 0 9 * * *', timezone: 'Europe/Berlin' }
  const scene = await ScheduleScene.begin(t, '2026-11-21T07:58:30Z', { a: [minutely], b: [berlin] })
  await scene.passUntil('2026-11-21T08:01:30Z')
  assert.deepEqual(scene.decided(), [
    'fired a 07:59:00',
    'fired a 08:00:00',
    'fired b 08:00:30',
    'fired a 08:01:00',
  ])
})

test('one timer waits for the next time, and none where there are no triggers', async (t) => {
  const scene = await ScheduleScene.begin(t, '2026-11-21T08:00:00Z')
  assert.equal(scene.isTimerSet, false)
  await scene.deploy('a', [hourly])
  scene.timersSet = 0
  await scene.passUntil('2026-11-21T08:10:00Z')
  assert.ok(scene.timersSet <= 120, `${scene.timersSet} timers in ten minutes`)
  await scene.deploy('a', [])
  assert.equal(scene.isTimerSet, false)
})

test('a trigger that is new fires from now on, and one that only changed goes on', async (t) => {
  const scene = await ScheduleScene.begin(t, '2026-11-21T08:00:10Z')
  await scene.deploy('a', [minutely])
  assert.deepEqual(scene.decided(), [])
  await scene.passUntil('2026-11-21T08:01:10Z')
  assert.deepEqual(scene.decided(), ['fired a 08:01:00'])
  await scene.deploy('a', [{ ...minutely, catchUpMs: 0 }, hourly])
  await scene.passUntil('2026-11-21T08:02:10Z')
  assert.deepEqual(scene.decided(), ['fired a 08:02:00'])
})

test('a trigger that went, or whose function did, fires no more, and is new when it comes again', async (t) => {
  const scene = await ScheduleScene.begin(t, '2026-11-21T08:00:30Z', { a: [minutely], b: [minutely, hourly] })
  await scene.deploy('a', null)
  await scene.deploy('b', [hourly])
  await scene.passUntil('2026-11-21T08:02:30Z')
  assert.deepEqual(scene.decided(), [])
  await scene.restart('2026-11-21T08:03:30Z')
  await scene.deploy('a', [minutely])
  assert.deepEqual(scene.decided(), [])
  assert.deepEqual([...scene.disk.marks.values()].map(({ functionName }) => functionName).sort(), ['a', 'b'])
})

test('what is on disk of a trigger that went while the log could not be written goes with the next start', async (t) => {
  const scene = await ScheduleScene.begin(t, '2026-11-21T08:00:30Z', { a: [hourly], b: [hourly] })
  scene.disk.failure = 'no space left'
  await scene.deploy('a', null)
  assert.deepEqual(scene.faults, ['a'])
  scene.disk.failure = null
  await scene.restart('2026-11-21T08:00:40Z')
  assert.deepEqual(
    [...scene.disk.marks.values()].map(({ functionName }) => functionName),
    ['b'],
  )
})

test('of firings that were missed while nothing ran, the last is made up for if it is not too old', async (t) => {
  const late = { ...hourly, catchUpMs: 600_000 }
  const scene = await ScheduleScene.begin(t, '2026-11-21T08:00:30Z', {
    a: [minutely],
    b: [late],
    c: [hourly],
  })
  await scene.restart('2026-11-21T10:05:45Z')
  assert.deepEqual(scene.decided().sort(), [
    'fired a 10:05:00',
    'fired b 10:00:00',
    'missed a 08:01:00',
    'missed b 09:00:00',
    'missed c 09:00:00',
    'missed c 10:00:00',
  ])
  await scene.restart('2026-11-21T10:05:50Z')
  assert.deepEqual(scene.decided(), [])
})

test('no time is fired twice over restarts, also when nothing is known any more of its call', async (t) => {
  const scene = await ScheduleScene.begin(t, '2026-11-21T07:59:30Z', { a: [minutely] })
  await scene.passUntil('2026-11-21T08:00:00Z')
  await scene.runWaiting(0)
  assert.deepEqual(scene.disk.calls.size, 0)
  await scene.restart('2026-11-21T08:00:02Z')
  await scene.passUntil('2026-11-21T08:00:59Z')
  assert.deepEqual(scene.decided(), ['fired a 08:00:00'])
})

test('a clock that is set back fires nothing twice, and one that is set ahead makes up for the last', async (t) => {
  const scene = await ScheduleScene.begin(t, '2026-11-21T08:00:30Z', { a: [minutely] })
  await scene.passUntil('2026-11-21T08:02:10Z')
  assert.deepEqual(scene.decided(), ['fired a 08:01:00', 'fired a 08:02:00'])
  scene.setClock('2026-11-21T07:02:10Z')
  await scene.passUntil('2026-11-21T08:03:10Z')
  assert.deepEqual(scene.decided(), ['fired a 08:03:00'])
  scene.setClock('2026-11-21T09:03:10Z')
  await scene.passUntil('2026-11-21T09:04:10Z')
  assert.deepEqual(scene.decided(), ['missed a 08:04:00', 'fired a 09:03:00', 'fired a 09:04:00'])
})

test('a clock that had been years ahead by mistake does not silence a trigger for years', async (t) => {
  const scene = await ScheduleScene.begin(t, '2031-01-01T00:00:30Z', { a: [minutely] })
  await scene.passUntil('2031-01-01T00:01:10Z')
  scene.setClock('2026-11-21T08:00:30Z')
  await scene.passUntil('2026-11-21T08:01:10Z')
  assert.deepEqual(scene.decided(), ['fired a 00:01:00', 'fired a 08:01:00'])
  await scene.restart('2020-01-01T00:00:30Z')
  await scene.passUntil('2020-01-01T00:01:10Z')
  assert.deepEqual(scene.decided(), ['fired a 00:01:00'])
})

test('a firing is skipped while the call of an earlier one has not ended, over a restart too', async (t) => {
  const scene = await ScheduleScene.begin(t, '2026-11-21T07:59:30Z', { a: [alone], b: [minutely] })
  await scene.passUntil('2026-11-21T08:01:30Z')
  assert.deepEqual(scene.decided().sort(), [
    'fired a 08:00:00',
    'fired b 08:00:00',
    'fired b 08:01:00',
    'overlap a 08:01:00',
  ])
  const { fired, overlap, missed } = scene.schedules.decisions
  assert.deepEqual([fired, overlap, missed], [3, 1, 0])
  await scene.restart('2026-11-21T08:01:40Z')
  await scene.passUntil('2026-11-21T08:02:30Z')
  assert.deepEqual(scene.decided().sort(), ['fired b 08:02:00', 'overlap a 08:02:00'])
  await scene.runWaiting()
  await scene.passUntil('2026-11-21T08:03:30Z')
  assert.deepEqual(scene.decided().sort(), ['fired a 08:03:00', 'fired b 08:03:00'])
})

test('a trigger that is deployed again still knows its last call, until it is allowed to overlap', async (t) => {
  const scene = await ScheduleScene.begin(t, '2026-11-21T07:59:30Z', { a: [alone] })
  await scene.passUntil('2026-11-21T08:00:30Z')
  await scene.deploy('a', [alone])
  await scene.passUntil('2026-11-21T08:01:30Z')
  await scene.deploy('a', [minutely])
  await scene.passUntil('2026-11-21T08:02:30Z')
  assert.deepEqual(scene.decided(), ['fired a 08:00:00', 'overlap a 08:01:00', 'fired a 08:02:00'])
})

test('a log that takes long to answer is asked once for a time', async (t) => {
  const scene = await ScheduleScene.begin(t, '2026-11-21T07:59:30Z', { a: [minutely], b: [minutely] })
  const { log } = scene
  const append = log.append.bind(log)
  const asked: string[] = []
  let answer = () => {}
  log.append = async (call, mark) => {
    asked.push(call.functionName)
    if (asked.length === 1) await new Promise<void>((resolve) => (answer = resolve))
    return await append(call, mark)
  }
  await scene.passUntil('2026-11-21T08:02:30Z')
  assert.deepEqual(asked, ['a', 'b', 'b', 'b'])
  answer()
  await settled()
  await scene.passUntil('2026-11-21T08:02:40Z')
  assert.deepEqual(
    scene.decided().filter((text) => text.includes(' a ')),
    ['fired a 08:00:00', 'missed a 08:01:00', 'fired a 08:02:00'],
  )
})

test('a log that cannot be written is tried again until the next time comes', async (t) => {
  const scene = await ScheduleScene.begin(t, '2026-11-21T07:59:30Z', { a: [{ ...minutely, catchUpMs: 0 }] })
  scene.disk.failure = 'no space left'
  await scene.passUntil('2026-11-21T08:00:40Z')
  assert.equal((scene.lastError() as { code: string }).code, 'retry_log_unavailable')
  const tries = scene.decided()
  assert.ok(tries.length >= 4 && tries.length < 10, `${tries.length} tries in 40 seconds`)
  assert.deepEqual(new Set(tries), new Set(['failed a 08:00:00']))
  scene.disk.failure = null
  await scene.passUntil('2026-11-21T08:00:59Z')
  assert.deepEqual(scene.decided(), ['fired a 08:00:00'])
  scene.disk.failure = 'no space left'
  await scene.passUntil('2026-11-21T08:02:20Z')
  assert.deepEqual(
    new Set(scene.decided()),
    new Set(['failed a 08:01:00', 'missed a 08:01:00', 'failed a 08:02:00']),
  )
  scene.disk.failure = null
  await scene.passUntil('2026-11-21T08:02:59Z')
  assert.deepEqual(scene.decided(), ['fired a 08:02:00'])
})

test('an enqueued call whose answer was lost is not enqueued again', async (t) => {
  const scene = await ScheduleScene.begin(t, '2026-11-21T07:59:30Z', { a: [minutely] })
  const { log } = scene
  const append = log.append.bind(log)
  log.append = async (...given) => {
    log.append = append
    await append(...given)
    throw new Error('the answer is lost')
  }
  await scene.passUntil('2026-11-21T08:00:30Z')
  assert.deepEqual(scene.decided(), ['failed a 08:00:00', 'fired a 08:00:00'])
  assert.equal((await scene.waiting()).length, 1)
})

test('a time that an earlier trigger of the same kind fired is not fired again, also after its call is forgotten', async (t) => {
  const scene = await ScheduleScene.begin(t, '2026-11-21T07:59:30Z', { a: [minutely] })
  await scene.passUntil('2026-11-21T08:00:10Z')
  scene.setClock('2026-11-21T07:59:50Z')
  await scene.deploy('a', null)
  await scene.deploy('a', [minutely])
  await scene.passUntil('2026-11-21T08:00:20Z')
  assert.equal((await scene.waiting()).length, 1)
  await scene.runWaiting(0)
  await scene.restart('2026-11-21T08:00:30Z')
  assert.equal((await scene.waiting()).length, 0)
})

test('a full queue and a missing alias cost a firing, and the next one is tried', async (t) => {
  const scene = await ScheduleScene.begin(t, '2026-11-21T07:59:30Z', {
    a: [minutely],
    b: [{ ...minutely, qualifier: 'beta' }],
  })
  scene.full.add('a')
  await scene.passUntil('2026-11-21T08:00:30Z')
  scene.full.clear()
  await scene.passUntil('2026-11-21T08:01:30Z')
  assert.deepEqual(scene.decided().sort(), [
    'fired a 08:01:00',
    'no_version b 08:00:00',
    'no_version b 08:01:00',
    'queue_full a 08:00:00',
  ])
})

test('a removal in the moment of a firing keeps its call from being enqueued', async (t) => {
  const scene = await ScheduleScene.begin(t, '2026-11-21T07:59:30Z', { a: [alone] })
  await scene.passUntil('2026-11-21T08:00:30Z')
  await scene.runWaiting()
  const { log } = scene
  log.isOpen = async () => {
    await scene.deploy('a', null)
    return false
  }
  await scene.passUntil('2026-11-21T08:01:30Z')
  assert.deepEqual(scene.decided(), ['fired a 08:00:00'])
  assert.equal(scene.disk.marks.size, 0)
})

test('a stored trigger that cannot be read is told, and the others go on', async (t) => {
  const scene = await ScheduleScene.begin(t, '2026-11-21T07:59:30Z', {
    a: [{ ...minutely, cron: 'never' }],
    b: [minutely],
  })
  await scene.passUntil('2026-11-21T08:00:30Z')
  assert.deepEqual([scene.faults, scene.decided()], [['a'], ['fired b 08:00:00']])
})

test('after its end nothing fires, and the end waits for what is being written', async (t) => {
  const scene = await ScheduleScene.begin(t, '2026-11-21T07:59:30Z', { a: [minutely] })
  let write = () => {}
  const append = scene.log.append.bind(scene.log)
  scene.log.append = async (...given) => {
    await new Promise<void>((resolve) => (write = resolve))
    return await append(...given)
  }
  await scene.passUntil('2026-11-21T08:00:30Z')
  const closed = scene.schedules.close().then(() => scene.decided())
  assert.deepEqual(scene.decided(), [])
  write()
  assert.deepEqual(await closed, ['fired a 08:00:00'])
  assert.equal(scene.isTimerSet, false)
})
