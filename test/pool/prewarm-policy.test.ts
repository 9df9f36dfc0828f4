import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nextPrewarmStep, PrewarmDemand, type PrewarmSettings } from '../../runtime/pool/prewarm-policy.ts'

const settings: PrewarmSettings = { min: 2, max: 10, ttlMs: 1000, threshold: 1, increment: 1 }

function demandOf(changes: Partial<PrewarmSettings>, min: number, coldStartsAtMs: readonly number[]) {
  const demand = new PrewarmDemand({ ...settings, ...changes }, min)
  for (const atMs of coldStartsAtMs) demand.noteColdStart(atMs)
  return demand
}

describe('PrewarmDemand', () => {
  it('wants the minimum without cold starts', () => {
    assert.equal(demandOf({}, 2, []).wanted(0), 2)
    assert.equal(demandOf({}, 0, []).wanted(0), 0)
  })

  it('wants increment for each full threshold of cold starts within the time, up to the maximum', () => {
    const cases: [changes: Partial<PrewarmSettings>, coldStarts: number, wanted: number][] = [
      [{}, 3, 3],
      [{}, 1, 2],
      [{}, 50, 10],
      [{ threshold: 4 }, 3, 2],
      [{ threshold: 4 }, 8, 2],
      [{ threshold: 4 }, 12, 3],
      [{ threshold: 4 }, 15, 3],
      [{ threshold: 2, increment: 3 }, 5, 6],
      [{ threshold: 2, increment: 3 }, 100, 10],
      [{ max: 0 }, 100, 0],
    ]
    for (const [changes, coldStarts, wanted] of cases) {
      const min = Math.min(2, changes.max ?? 2)
      const demand = demandOf(changes, min, Array<number>(coldStarts).fill(5))
      assert.equal(demand.wanted(10), wanted, JSON.stringify({ changes, coldStarts }))
    }
  })

  it('counts a cold start for so long, and falls back to the minimum when they stop', () => {
    const demand = demandOf({}, 1, [0, 100, 200, 900])
    assert.deepEqual(
      [999, 1000, 1100, 1199, 1200, 1899, 1900].map((nowMs) => demand.wanted(nowMs)),
      [4, 3, 2, 2, 1, 1, 1],
    )
  })

  it('wants one of a set that is in use, and none of one that is not any more', () => {
    const demand = new PrewarmDemand(settings, 0)
    assert.equal(demand.wanted(0), 0)
    demand.usedAtMs = 0
    assert.deepEqual([demand.wanted(999), demand.wanted(1000)], [1, 0])
    demand.usedAtMs = 1500
    assert.deepEqual([demand.wanted(2499), demand.wanted(2500)], [1, 0])
  })
})

describe('nextPrewarmStep', () => {
  /** `cold` of each are recent cold starts. */
  function set(name: string, ready: number, usedAtMs: number, { cold = 0, min = 0 } = {}) {
    const demand = demandOf({}, min, Array<number>(cold).fill(500))
    demand.usedAtMs = usedAtMs
    return { name, ready, demand }
  }
  function step(sets: ReturnType<typeof set>[], max = 10): string {
    const next = nextPrewarmStep(sets, max, 1000)
    return next === null ? 'nothing' : `${next.kind} ${next.set.name}`
  }

  it('makes what is missing: first up to the minimum, then of what was used last', () => {
    assert.equal(step([set('a', 1, 800), set('b', 1, 900)]), 'nothing')
    assert.equal(step([set('a', 0, 800), set('b', 0, 900), set('c', 0, 700)]), 'make b')
    assert.equal(step([set('b', 0, 900), set('bare', 1, 100, { min: 2 })]), 'make bare')
    assert.equal(step([set('bare', 2, 100, { min: 2, cold: 5 }), set('b', 0, 900)]), 'make b')
  })

  it('drops what is too much', () => {
    assert.equal(step([set('a', 1, 0), set('b', 0, 900)]), 'drop a')
    assert.equal(step([set('bare', 3, 900, { min: 2 })]), 'drop bare')
  })

  it('lets a set that was used longer ago make room, but not below its minimum', () => {
    assert.equal(step([set('a', 1, 800), set('b', 0, 900), set('c', 1, 850)], 2), 'drop a')
    assert.equal(step([set('a', 1, 900), set('b', 0, 800)], 1), 'nothing')
    assert.equal(step([set('bare', 2, 100, { min: 2 }), set('b', 0, 900)], 2), 'nothing')
    assert.equal(step([set('bare', 1, 100, { min: 2 }), set('b', 1, 900)], 2), 'drop b')
    assert.equal(step([set('a', 2, 900, { cold: 9 })], 2), 'nothing')
  })

  it('comes to rest whatever is wanted, with no more than the maximum', () => {
    for (let seed = 1; seed <= 200; seed++) {
      let state = seed
      const random = (below: number) => {
        state = (state * 48_271) % 2_147_483_647
        return state % below
      }
      const sets = Array.from({ length: 6 }, (_, index) =>
        set(String(index), 0, random(1000), { cold: random(6), min: index === 0 ? 2 : 0 }),
      )
      const max = 2 + random(8)
      let steps = 0
      for (; ; steps++) {
        const next = nextPrewarmStep(sets, max, 1000)
        if (next === null) break
        next.set.ready += next.kind === 'make' ? 1 : -1
        assert.ok(steps < 100, `seed ${seed} goes on for ever`)
      }
      const total = sets.reduce((sum, { ready }) => sum + ready, 0)
      assert.ok(sets[0]!.ready >= 2 && total <= max, `seed ${seed}: ${total} of ${max}`)
    }
  })
})
