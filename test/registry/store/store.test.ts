import assert from 'node:assert/strict'
import { copyFileSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { open } from 'lmdb'
import { openRegistryView } from '../../../runtime/registry/registry-view.ts'
import { openStore } from '../../../runtime/registry/store/store.ts'
import { createStore } from '../../../runtime/registry/store/store-creation.ts'
import { openTemporaryRegistry, published, temporaryFolder, uploadOf } from '../temporary-registry.ts'

/** A data directory with 100 functions, closed. */
async function filledStore(t: TestContext): Promise<{ dataDir: string; file: string }> {
  const { registry, dataDir } = await openTemporaryRegistry(t)
  await Promise.all(
    Array.from({ length: 100 }, (_, index) => registry.deploy(uploadOf(`f${index}`, `c${index}`), published)),
  )
  await registry.close()
  return { dataDir, file: join(dataDir, 'store.mdb') }
}

function refusedAsDamaged(dataDir: string, file: string): void {
  const before = readFileSync(file)
  const refusal = {
    code: 'data_damaged',
    message: new RegExp(`^Cannot read the store ${file}: `),
    details: { file },
  }
  // Twice: looking at it must not make it look sound.
  assert.throws(() => openStore(dataDir, 'write'), refusal)
  assert.throws(() => openStore(dataDir, 'write'), refusal)
  assert.deepEqual(readFileSync(file), before, 'a damaged file is left as it is')
}

test('a store is made complete, for its owner only, and not made again', async (t) => {
  const dataDir = join(temporaryFolder(t), 'data')
  await createStore(dataDir)
  assert.deepEqual(readdirSync(dataDir), ['store.mdb'])
  const { mode, ino } = statSync(join(dataDir, 'store.mdb'))
  assert.equal(mode & 0o777, 0o600)
  await createStore(dataDir)
  assert.equal(statSync(join(dataDir, 'store.mdb')).ino, ino)
})

test('a store that was half made is made again', async (t) => {
  const dataDir = temporaryFolder(t)
  writeFileSync(join(dataDir, 'store.mdb.new'), 'half')
  await createStore(dataDir)
  await openStore(dataDir, 'write').close()
})

test('an empty file is damage, not a beginning', async (t) => {
  const dataDir = temporaryFolder(t)
  writeFileSync(join(dataDir, 'store.mdb'), '')
  refusedAsDamaged(dataDir, join(dataDir, 'store.mdb'))
  await assert.rejects(openTemporaryRegistry(t, dataDir), { code: 'data_damaged' })
})

test('a file that LMDB did not write is damage', (t) => {
  const dataDir = temporaryFolder(t)
  for (const bytes of [Buffer.from('hello'), Buffer.alloc(1 << 16), Buffer.alloc(1 << 16, 'x')]) {
    writeFileSync(join(dataDir, 'store.mdb'), bytes)
    refusedAsDamaged(dataDir, join(dataDir, 'store.mdb'))
  }
})

test('an LMDB file that is not ours is left alone', async (t) => {
  const dataDir = temporaryFolder(t)
  const file = join(dataDir, 'store.mdb')
  const root = open({ path: file })
  await root.openDB({ name: 'people' }).put('key', 'value')
  await root.close()
  refusedAsDamaged(dataDir, file)
})

for (const place of [0, 1]) {
  test(`a store whose header ${place + 1} of 2 was overwritten is damage`, async (t) => {
    const { dataDir, file } = await filledStore(t)
    const bytes = readFileSync(file)
    bytes.fill(0, place * 4096, place * 4096 + 64)
    writeFileSync(file, bytes)
    refusedAsDamaged(dataDir, file)
  })
}

test('a store whose header speaks of more than there can be is damage', async (t) => {
  const { dataDir, file } = await filledStore(t)
  const sound = readFileSync(file)
  const faults: [number, Buffer][] = [
    [48, Buffer.from([1, 2, 3, 4])],
    [144, Buffer.from([0, 0, 0, 0, 1, 0, 0, 0])],
    [144, Buffer.alloc(8, 0xff)],
  ]
  for (const [offset, bytes] of faults) {
    const faulty = Buffer.from(sound)
    bytes.copy(faulty, offset)
    writeFileSync(file, faulty)
    refusedAsDamaged(dataDir, file)
  }
})

for (const share of [0.001, 0.02, 0.2, 0.5, 0.8, 0.95]) {
  test(`a store cut to ${share * 100} % is damage`, async (t) => {
    const { dataDir, file } = await filledStore(t)
    truncateSync(file, Math.floor(statSync(file).size * share))
    refusedAsDamaged(dataDir, file)
  })
}

test('a store that only lacks pages without use is sound', async (t) => {
  const dataDir = temporaryFolder(t)
  await createStore(dataDir)
  const store = openStore(dataDir, 'write')
  const table = store.openTable<object>('functions', 'object')
  await store.change(() => table.put('kept', { text: 'y'.repeat(10_000) }))
  // The last pages of the file come into use and go out of it again.
  await store.change(() => table.put('large', { text: 'x'.repeat(100_000) }))
  await store.change(() => table.remove('large'))
  await store.change(() => table.put('kept', { again: true }))
  await store.close()
  const file = join(dataDir, 'store.mdb')
  truncateSync(file, statSync(file).size - 5 * 4096)
  const reopened = openStore(dataDir, 'write')
  t.after(() => reopened.close())
  const again = reopened.openTable<object>('functions', 'object')
  assert.deepEqual(again.get('kept'), { again: true })
  await reopened.change(() => again.put('more', { text: 'x'.repeat(100_000) }))
  assert.deepEqual(again.get('more'), { text: 'x'.repeat(100_000) })
})

test('a store whose last commit was not on disk when the power went is as it was before it', async (t) => {
  const { dataDir, file } = await filledStore(t)
  const bytes = readFileSync(file)
  const metas = [bytes.subarray(24, 168), bytes.subarray(4096 + 24, 4096 + 168)]
  const [older, newest] = metas.sort((a, b) => Number(a.readBigUInt64LE(128) - b.readBigUInt64LE(128)))
  newest!.copy(older!)
  const pages = BigInt(bytes.length / 4096)
  older!.writeBigUInt64LE(pages + 1n, 112)
  older!.writeBigUInt64LE(pages + 2n, 120)
  older!.writeBigUInt64LE(newest!.readBigUInt64LE(128) + 1n, 128)
  writeFileSync(file, bytes)
  const { registry } = await openTemporaryRegistry(t, dataDir)
  assert.equal(registry.listFunctions({ cursor: null, limit: 1000 }).length, 100)
  await registry.deploy(uploadOf('more', 'm'), published)
  assert.equal(registry.getFunction('more')?.lastVersion, 1)
})

test('a store of a newer format is refused with what is found and what is supported', async (t) => {
  const { dataDir, file } = await filledStore(t)
  const root = open({ path: file })
  await root.openDB<number, string>({ name: 'meta' }).put('format', 2)
  await root.close()
  const refusal = {
    code: 'data_format',
    message: `Cannot read the store ${file}: format 2, must be at most 1: use the release that wrote it, or a later one`,
    details: { file, found: 2, supported: 1 },
  }
  assert.throws(() => openStore(dataDir, 'write'), refusal)
  assert.throws(() => openRegistryView(dataDir), refusal)
})

test('a record that is not what its table holds is damage', async (t) => {
  const { dataDir, file } = await filledStore(t)
  const root = open({ path: file })
  await root.openDB<unknown, string>({ name: 'functions' }).put('f1', 0)
  await root.close()
  const { registry } = await openTemporaryRegistry(t, dataDir)
  assert.throws(() => registry.getFunction('f1'), {
    code: 'data_damaged',
    message: /record "f1" of functions/,
  })
  assert.throws(() => registry.listFunctions({ cursor: null, limit: 10 }), { code: 'data_damaged' })
  assert.equal(registry.getFunction('f2')?.name, 'f2')
})

test('change() that throws has changed nothing', async (t) => {
  const dataDir = temporaryFolder(t)
  await createStore(dataDir)
  const store = openStore(dataDir, 'write')
  t.after(() => store.close())
  const table = store.openTable<number>('numbers', 'number')
  await store.change(() => table.put('a', 1))
  const failing = store.change(() => {
    table.put('a', 2)
    table.put('b', 2)
    assert.equal(table.get('a'), 2, 'a change reads its own writes')
    throw new RangeError('no')
  })
  const next = store.change(() => table.put('c', table.get('a') ?? 0))
  await assert.rejects(failing, { code: 'internal_error', message: 'Cannot change the registry: no' })
  await next
  assert.deepEqual(
    [...table.entries()].map(({ key, value }) => [key, value]),
    [
      ['a', 1],
      ['c', 1],
    ],
  )
})

test('a copy of the file alone is a backup', async (t) => {
  const { file } = await filledStore(t)
  const dataDir = temporaryFolder(t)
  copyFileSync(file, join(dataDir, 'store.mdb'))
  const { registry } = await openTemporaryRegistry(t, dataDir)
  assert.equal(registry.listFunctions({ cursor: null, limit: 1000 }).length, 100)
})
