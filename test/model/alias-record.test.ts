import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AliasTargets, parseWeights } from '../../runtime/model/alias.ts'
import {
  findAlias,
  isSplit,
  pointAlias,
  rollBackAlias,
  versionsOf,
  withoutVersion,
} from '../../runtime/model/alias-record.ts'
import { usualAsync } from '../../runtime/model/async-settings.ts'
import type { AliasRecord, FunctionRecord } from '../../runtime/model/function.ts'
import { usualPool } from '../../runtime/model/function.ts'

const at = (weights: Record<string, number>): AliasTargets => parseWeights('live', weights)

function pointed(...weights: Record<string, number>[]): AliasRecord {
  let record: AliasRecord | null = null
  for (const each of weights) record = pointAlias(record, at(each))
  return record!
}

test('pointAlias() keeps what it pointed at, newest first', () => {
  const record = pointed({ 1: 1 }, { 2: 1 }, { 1: 0.5, 2: 0.5 })
  assert.deepEqual(record, { targets: at({ 1: 0.5, 2: 0.5 }), history: [at({ 2: 1 }), at({ 1: 1 })] })
})

test('pointAlias() keeps 10 earlier records', () => {
  const record = pointed(...Array.from({ length: 13 }, (_, index) => ({ [index + 1]: 1 })))
  assert.deepEqual(
    record.history.map((targets) => targets[0]?.version),
    [12, 11, 10, 9, 8, 7, 6, 5, 4, 3],
  )
})

test('pointAlias() at the same targets changes nothing', () => {
  const record = pointed({ 1: 1 }, { 2: 1 })
  assert.equal(pointAlias(record, at({ 2: 1 })), record)
})

test('rollBackAlias() twice goes two records back, then there is nothing left', () => {
  const record = pointed({ 1: 1 }, { 2: 1 }, { 3: 1 })
  const once = rollBackAlias(record)!
  assert.deepEqual(once, { targets: at({ 2: 1 }), history: [at({ 1: 1 })] })
  const twice = rollBackAlias(once)!
  assert.deepEqual(twice, { targets: at({ 1: 1 }), history: [] })
  assert.equal(rollBackAlias(twice), null)
})

test('withoutVersion() gives the share of the removed version to the largest other one', () => {
  const record = pointed({ 1: 0.2, 2: 0.3, 3: 0.5 })
  assert.deepEqual(withoutVersion(record, 3)?.targets, at({ 1: 0.2, 2: 0.8 }))
  assert.deepEqual(
    withoutVersion(pointed({ 1: 0.5, 2: 0.25, 3: 0.25 }), 1)?.targets,
    at({ 2: 0.25, 3: 0.75 }),
  )
})

test('withoutVersion() sends nothing to versions of weight 0: then the alias has nowhere to point', () => {
  assert.equal(withoutVersion(pointed({ 1: 1, 2: 0 }), 1), null)
  assert.equal(withoutVersion(pointed({ 1: 1 }), 1), null)
  assert.deepEqual(withoutVersion(pointed({ 1: 1, 2: 0 }), 2)?.targets, at({ 1: 1 }))
})

test('withoutVersion() drops the earlier records that name the version', () => {
  const record = pointed({ 1: 1 }, { 1: 0.5, 2: 0.5 }, { 3: 1 })
  assert.deepEqual(withoutVersion(record, 2), { targets: at({ 3: 1 }), history: [at({ 1: 1 })] })
  assert.equal(withoutVersion(record, 7), record)
})

test('isSplit() only counts versions that get requests', () => {
  assert.equal(isSplit(at({ 1: 0.95, 2: 0.05 })), true)
  assert.equal(isSplit(at({ 1: 1, 2: 0 })), false)
})

test('versionsOf() names the versions of targets and history', () => {
  assert.deepEqual(versionsOf(pointed({ 1: 1 }, { 2: 0.5, 3: 0.5 }, { 3: 1, 4: 0 })), new Set([1, 2, 3, 4]))
})

test('findAlias() finds no alias in the properties every object has', () => {
  const record: FunctionRecord = {
    name: 'hello',
    revision: 1,
    settings: {
      versionHeader: false,
      exposeErrors: false,
      async: usualAsync,
      triggers: [],
      pool: { ...usualPool, concurrency: 1, idleTimeoutMs: 1 },
      egress: { allow: [], deny: [] },
    },
    routes: [],
    latest: 'a',
    lastVersion: 1,
    aliases: { live: pointed({ 1: 1 }) },
    versionIds: { 1: 'a' },
  }
  assert.equal(findAlias(record, 'constructor'), null)
  assert.equal(findAlias(record, '__proto__'), null)
  assert.equal(findAlias(record, 'beta'), null)
  assert.equal(findAlias(record, 'live'), record.aliases.live)
})
