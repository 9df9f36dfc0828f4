import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SliceMeter, threadClock } from '../../../runtime/isolate/instance/slice-meter.ts'

/** A thread whose CPU is used, or that waits for its core, as told. */
class Thread {
  nowMs = 1000
  cpuMs = 400
  looks = 0
  readonly meter = new SliceMeter({
    nowMs: () => this.nowMs,
    threadMs: () => {
      this.looks++
      return this.cpuMs
    },
  })

  compute(ms: number): void {
    this.nowMs += ms
    this.cpuMs += ms
  }

  wait(ms: number): void {
    this.nowMs += ms
  }

  slice(run: () => void): number {
    this.meter.begin()
    run()
    return this.meter.end()
  }
}

function near(value: number, expected: number): void {
  assert.ok(Math.abs(value - expected) < 1e-6, `${value}, not ${expected}`)
}

test('SliceMeter measures what a slice computes, and not what it waits for its core', () => {
  const thread = new Thread()
  near(
    thread.slice(() => thread.compute(5)),
    5,
  )
  thread.compute(30)
  const tookMs = thread.slice(() => {
    thread.compute(4)
    thread.wait(80)
    thread.compute(2)
  })
  near(tookMs, 6)
})

test('SliceMeter does not take for a slice what others were measured before it', () => {
  const thread = new Thread()
  thread.slice(() => thread.compute(5))
  for (let slice = 0; slice < 4; slice++)
    near(
      thread.slice(() => thread.compute(0.2)),
      0.2,
    )
  near(
    thread.slice(() => thread.wait(50)),
    0,
  )
})

test('SliceMeter takes too much by no more than the thread used since it last looked', () => {
  const thread = new Thread()
  thread.slice(() => thread.compute(5))
  thread.compute(1.9)
  near(
    thread.slice(() => {
      thread.compute(3)
      thread.wait(50)
    }),
    4.9,
  )
  near(
    thread.slice(() => thread.compute(3)),
    3,
  )
})

test('SliceMeter asks for the CPU of the thread once in two milliseconds, however many slices there are', () => {
  const thread = new Thread()
  for (let slice = 0; slice < 1000; slice++) thread.slice(() => thread.compute(0.01))
  assert.ok(thread.looks <= 5, `${thread.looks} times`)
})

test('threadClock counts the CPU of a thread in steps of less than a millisecond', () => {
  const untilMs = performance.now() + 40
  let steps = 0
  let lastMs = threadClock.threadMs()
  while (performance.now() < untilMs) {
    const cpuMs = threadClock.threadMs()
    if (cpuMs > lastMs) steps++
    lastMs = cpuMs
  }
  assert.ok(steps > 100, `${steps} steps`)
})
