import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type IdleObservation, IdleReplacement } from '../../../router/fleet/idle-replacement.ts'

class Scene {
  nowMs = 0
  readonly replacement = new IdleReplacement({ budgetMiB: 500, afterMs: 30_000, nowMs: () => this.nowMs })

  /** The places that are chosen by looks every five seconds, as `15: 0` for place 0 after 15 s. */
  look(seconds: number, ...workers: readonly Partial<IdleObservation>[]): string[] {
    const chosen: string[] = []
    const begunMs = this.nowMs
    for (let looks = seconds / 5; looks > 0; looks--) {
      this.nowMs += 5000
      const index = this.replacement.choose(
        workers.map((worker, place) => observation({ index: place, ...worker })),
      )
      if (index !== null) chosen.push(`${(this.nowMs - begunMs) / 1000}: ${index}`)
    }
    return chosen
  }
}

function observation(changes: Partial<IdleObservation>): IdleObservation {
  return { index: 0, pid: 1, isIdle: true, memoryMiB: 90, expectedMiB: 100, ...changes }
}

const high = { memoryMiB: 201 }

test('a worker that is idle with twice the memory it should have for 30 s is replaced', () => {
  assert.deepEqual(new Scene().look(60, high), ['35: 0'])
})

test('so is one that is over the budget, however much it should have', () => {
  assert.deepEqual(new Scene().look(60, { memoryMiB: 501, expectedMiB: 400 }), ['35: 0'])
})

test('one with less stays, and one of which it is not known', () => {
  const scene = new Scene()
  assert.deepEqual(scene.look(120, { memoryMiB: 200 }, { memoryMiB: null }), [])
})

test('the time begins anew when it was busy, had less memory, or is another process', () => {
  for (const between of [{ ...high, isIdle: false }, { memoryMiB: 150 }, { ...high, pid: 2 }]) {
    const scene = new Scene()
    const pid = 'pid' in between ? between.pid : 1
    assert.deepEqual(scene.look(25, high), [])
    assert.deepEqual(scene.look(5, between), [])
    assert.deepEqual(scene.look(25, { ...high, pid }), [])
  }
})

test('workers are replaced one at a time, the one first that waits for the longest time', () => {
  const scene = new Scene()
  scene.look(10, {}, high)
  assert.deepEqual(scene.look(40, high, high), ['25: 1', '35: 0'])
})

test('where it does not help, it is done more and more rarely', () => {
  const scene = new Scene()
  const replacedAtMinute: number[] = []
  for (let pid = 1; pid <= 7; pid++) {
    while (scene.replacement.choose([observation({ ...high, pid })]) === null) scene.nowMs += 5000
    replacedAtMinute.push(Math.round(scene.nowMs / 60_000))
  }
  const rests = replacedAtMinute.slice(1).map((minute, index) => minute - replacedAtMinute[index]!)
  assert.deepEqual(rests, [10, 20, 40, 60, 60, 60])
})

test('where it helps, there are five minutes between two replacements', () => {
  const scene = new Scene()
  const replacedAtMs: number[] = []
  for (let pid = 1; pid <= 4; pid++) {
    scene.look(15, { pid })
    while (scene.replacement.choose([observation({ ...high, pid })]) === null) scene.nowMs += 5000
    replacedAtMs.push(scene.nowMs)
  }
  const rests = replacedAtMs.slice(1).map((ms, index) => ms - replacedAtMs[index]!)
  assert.deepEqual(rests, [300_000, 300_000, 300_000])
})

test('where the budget is less than a worker needs, only twice of that counts', () => {
  assert.deepEqual(new Scene().look(120, { memoryMiB: 700, expectedMiB: 600 }), [])
  assert.deepEqual(new Scene().look(60, { memoryMiB: 1300, expectedMiB: 600 }), ['35: 0'])
})
