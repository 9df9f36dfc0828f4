import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Quarantine } from '../../../router/fleet/quarantine.ts'

const minuteMs = 60_000

describe('Quarantine', () => {
  it('takes a version at its third crash within five minutes', () => {
    const { quarantine, clock } = create()
    assert.equal(quarantine.noteCrash('a'), false)
    clock.nowMs += 2 * minuteMs
    assert.equal(quarantine.noteCrash('a'), false)
    assert.deepEqual(quarantine.versionIds, [])
    clock.nowMs += 2 * minuteMs
    assert.equal(quarantine.noteCrash('a'), true)
    assert.deepEqual(quarantine.versionIds, ['a'])
  })

  it('forgets crashes after five minutes', () => {
    const { quarantine, clock } = create()
    quarantine.noteCrash('a')
    quarantine.noteCrash('a')
    clock.nowMs += 5 * minuteMs
    assert.equal(quarantine.noteCrash('a'), false)
  })

  it('counts each version by itself', () => {
    const { quarantine } = create()
    quarantine.noteCrash('a')
    quarantine.noteCrash('a')
    assert.equal(quarantine.noteCrash('b'), false)
  })

  it('releases a version after five minutes, and then counts anew', () => {
    const { quarantine, clock } = create()
    for (let crash = 0; crash < 3; crash++) quarantine.noteCrash('a')
    clock.nowMs += 5 * minuteMs - 1
    assert.deepEqual(quarantine.release(), [])
    clock.nowMs += 1
    assert.deepEqual(quarantine.release(), ['a'])
    assert.deepEqual(quarantine.versionIds, [])
    assert.equal(quarantine.noteCrash('a'), false)
  })
})

function create() {
  const clock = { nowMs: 1_000_000 }
  return { clock, quarantine: new Quarantine(() => clock.nowMs) }
}
