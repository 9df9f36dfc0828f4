import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pending } from '../../../runtime/isolate/instance/pending.ts'
import { PendingTable } from '../../../runtime/isolate/instance/pending-table.ts'
import type { Invocation } from '../../../runtime/model/invocation.ts'

const invocation = { event: { kind: 'direct', json: '' } } as unknown as Invocation
const make = (requestId: number) => new Pending(requestId, invocation, false)

test('PendingTable finds what it holds, and never gives an id twice', () => {
  const table = new PendingTable()
  const ids = new Set<number>()
  let held: Pending[] = []
  for (let round = 0; round < 100; round++) {
    held = [table.add(make), table.add(make), table.add(make)]
    for (const pending of held) {
      assert.equal(ids.has(pending.requestId), false)
      ids.add(pending.requestId)
      assert.equal(table.get(pending.requestId), pending)
    }
    if (round < 99) for (const pending of held) table.delete(pending)
  }
  assert.equal(table.size, 3)
  assert.deepEqual([...table.values()].length, 3)
  for (const id of ids) {
    const isHeld = held.some((pending) => pending.requestId === id)
    assert.equal(table.get(id) !== undefined, isHeld)
  }
})

test('PendingTable passes over ids that no request ever had, and deletes only once', () => {
  const table = new PendingTable()
  const [first, second] = [table.add(make), table.add(make)]
  for (const id of [0, -1, 1.5, 2 ** 52, first.requestId + 2 ** 20]) assert.equal(table.get(id), undefined)
  table.delete(first)
  table.delete(first)
  assert.equal(table.size, 1)
  table.clear()
  assert.equal(table.size, 0)
  assert.equal(table.has(second), false)
})

test('PendingTable keeps many that stay while others come and go', () => {
  const table = new PendingTable()
  const stay: Pending[] = []
  for (let round = 0; round < 3000; round++) {
    const pending = table.add(make)
    if (round % 3 === 0) stay.push(pending)
    else table.delete(pending)
  }
  assert.equal(table.size, stay.length)
  for (const pending of stay) assert.equal(table.get(pending.requestId), pending)
  assert.deepEqual(new Set(table.values()), new Set(stay))
})

test('PendingTable does not show what was deleted while it is walked through', () => {
  const table = new PendingTable()
  const [, second, third] = [table.add(make), table.add(make), table.add(make)]
  const seen: Pending[] = []
  for (const pending of table.values()) {
    seen.push(pending)
    table.delete(second!)
    if (seen.length === 1) for (let more = 0; more < 20; more++) table.add(make)
    table.delete(third!)
  }
  assert.ok(seen.length > 0)
  assert.equal(seen.includes(second!) || seen.includes(third!), false)
})
