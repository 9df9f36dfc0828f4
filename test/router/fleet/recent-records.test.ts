import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RecentRecords } from '../../../router/fleet/recent-records.ts'
import type { InvocationRecord } from '../../../runtime/observe/record.ts'

describe('RecentRecords', () => {
  it('keeps the latest thousand, oldest first', () => {
    const records = new RecentRecords()
    records.add(numbered(0, 5))
    records.add(numbered(5, 1500))
    records.add(numbered(1500, 1502))
    const kept = records.list().map(({ timeMs }) => timeMs)
    assert.equal(kept.length, 1000)
    assert.deepEqual([kept[0], kept.at(-1)], [502, 1501])
  })

  it('shows each new one to each listener until it ends', () => {
    const records = new RecentRecords()
    const seen: number[] = []
    const listener = ({ timeMs }: InvocationRecord) => seen.push(timeMs)
    records.add(numbered(0, 1))
    const ends = [records.listen(listener), records.listen(listener)]
    records.add(numbered(1, 2))
    ends[0]!()
    records.add(numbered(2, 3))
    assert.ok(records.hasListeners)
    ends[1]!()
    records.add(numbered(3, 4))
    assert.deepEqual(seen, [1, 1, 2])
    assert.ok(!records.hasListeners)
  })
})

function numbered(from: number, to: number): InvocationRecord[] {
  return Array.from({ length: to - from }, (_, index) => ({ timeMs: from + index }) as InvocationRecord)
}
