import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openArtifactStore, readArtifact } from '../../../runtime/registry/store/artifact-store.ts'
import { listArtifacts, temporaryFolder } from '../temporary-registry.ts'

const hello = Buffer.from('hello')
const digest = createHash('sha256').update(hello).digest('hex')

test('put() keeps bytes under their digest, and only once', async (t) => {
  const folder = temporaryFolder(t)
  const store = openArtifactStore(folder)
  assert.equal(await store.put(hello), digest)
  const file = join(folder, digest.slice(0, 2), digest)
  assert.deepEqual(readFileSync(file), hello)
  const { ino } = statSync(file)
  assert.equal(await store.put(hello), digest)
  assert.equal(statSync(file).ino, ino, 'the file was not written again')
  assert.deepEqual(store.read(digest), hello)
  assert.deepEqual(readArtifact(folder, digest), hello)
  assert.deepEqual(await listArtifacts(store), [digest])
  assert.deepEqual(readdirSync(join(folder, 'tmp')), [])
})

test('put() at the same time of the same and of other bytes', async (t) => {
  const store = openArtifactStore(temporaryFolder(t))
  const digests = await Promise.all(
    Array.from({ length: 40 }, (_, index) => store.put(Buffer.from(`bytes ${index % 20}`))),
  )
  assert.equal(new Set(digests).size, 20)
  assert.deepEqual(await listArtifacts(store), [...new Set(digests)].sort())
})

test('put() of nothing is an artifact too', async (t) => {
  const store = openArtifactStore(temporaryFolder(t))
  assert.equal(store.read(await store.put(new Uint8Array())).length, 0)
})

test('adopt() moves a file in, and so mends what was damaged', async (t) => {
  const folder = temporaryFolder(t)
  const store = openArtifactStore(folder)
  for (const before of ['nothing', 'damaged']) {
    await using temporary = await store.makeTemporaryFolder()
    const file = join(temporary.path, 'pack')
    writeFileSync(file, hello)
    assert.equal(await store.adopt(file), digest, before)
    assert.deepEqual(store.read(digest), hello)
    assert.equal(existsSync(file), false)
    writeFileSync(join(folder, digest.slice(0, 2), digest), 'hellO')
  }
  assert.deepEqual(readdirSync(join(folder, 'tmp')), [])
})

test('adopt() hashes files larger than it reads at once', async (t) => {
  const store = openArtifactStore(temporaryFolder(t))
  await using temporary = await store.makeTemporaryFolder()
  const bytes = Buffer.alloc(5 * 2 ** 20 + 3, 'layers ')
  writeFileSync(join(temporary.path, 'pack'), bytes)
  const adopted = await store.adopt(join(temporary.path, 'pack'))
  assert.equal(adopted, createHash('sha256').update(bytes).digest('hex'))
  assert.deepEqual(store.read(adopted), bytes)
})

test('adopt() follows no link, and what it refuses goes with its folder', async (t) => {
  const folder = temporaryFolder(t)
  const store = openArtifactStore(folder)
  {
    await using temporary = await store.makeTemporaryFolder()
    writeFileSync(join(folder, 'secret'), 'x')
    symlinkSync(join(folder, 'secret'), join(temporary.path, 'pack'))
    await assert.rejects(store.adopt(join(temporary.path, 'pack')), {
      code: 'internal_error',
      message: /ELOOP/,
    })
    await assert.rejects(store.adopt(join(temporary.path, 'none')), {
      code: 'internal_error',
      message: /ENOENT/,
    })
  }
  assert.deepEqual(await listArtifacts(store), [])
  assert.deepEqual(readdirSync(join(folder, 'tmp')), [])
})

test('read() says which artifact is missing or was changed, and put() mends it', async (t) => {
  const folder = temporaryFolder(t)
  const store = openArtifactStore(folder)
  const refusal = { code: 'data_damaged', message: new RegExp(digest), details: { digest } }
  assert.throws(() => store.read(digest), refusal)
  await store.put(hello)
  writeFileSync(join(folder, digest.slice(0, 2), digest), 'hellO')
  assert.throws(() => store.read(digest), refusal)
  await store.put(hello)
  assert.deepEqual(store.read(digest), hello)
})

test('read() opens no file that is not an artifact', (t) => {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'secret'), 'x')
  const store = openArtifactStore(folder)
  for (const name of ['../secret', 'secret', '', `${digest}/..`, digest.toUpperCase()]) {
    assert.throws(() => store.read(name), { code: 'data_damaged' })
  }
})

test('opening removes what was left half-written', (t) => {
  const folder = temporaryFolder(t)
  mkdirSync(join(folder, 'tmp'))
  writeFileSync(join(folder, 'tmp', 'left'), 'x')
  openArtifactStore(folder)
  assert.deepEqual(readdirSync(join(folder, 'tmp')), [])
})

test('remove() of what is not there is no fault', async (t) => {
  const folder = temporaryFolder(t)
  const store = openArtifactStore(folder)
  await store.put(hello)
  await store.remove(digest)
  await store.remove(digest)
  assert.deepEqual(await listArtifacts(store), [])
})

test('removeUnused() spares what is used and what was put of late', async (t) => {
  const folder = temporaryFolder(t)
  let nowMs = 1000
  const store = openArtifactStore(folder, () => nowMs)
  const used = await store.put(Buffer.from('used'))
  const old = await store.put(Buffer.from('old'))
  const again = await store.put(Buffer.from('put again'))
  nowMs = 2000
  const fresh = await store.put(Buffer.from('fresh'))
  await using temporary = await store.makeTemporaryFolder()
  writeFileSync(join(temporary.path, 'pack'), 'adopted')
  const adopted = await store.adopt(join(temporary.path, 'pack'))
  await store.put(Buffer.from('put again'))
  const isUsed = (each: string) => each === used
  assert.equal(await store.removeUnused({ isUsed, putBeforeMs: 1500 }), 1)
  assert.deepEqual(await listArtifacts(store), [used, again, fresh, adopted].sort())
  assert.equal(existsSync(join(folder, old.slice(0, 2), old)), false)
  assert.equal(await store.removeUnused({ isUsed, putBeforeMs: 2001 }), 3)
  assert.deepEqual(await listArtifacts(store), [used])
})

test('removeUnused() touches nothing but artifacts', async (t) => {
  const folder = temporaryFolder(t)
  const store = openArtifactStore(folder)
  mkdirSync(join(folder, 'ab'))
  mkdirSync(join(folder, 'notes'))
  writeFileSync(join(folder, 'ab', 'note'), 'x')
  writeFileSync(join(folder, 'notes', digest), 'x')
  await store.removeUnused({ isUsed: () => false, putBeforeMs: Number.POSITIVE_INFINITY })
  assert.ok(existsSync(join(folder, 'ab', 'note')) && existsSync(join(folder, 'notes', digest)))
})

test('put() that cannot write says so and leaves nothing behind', async (t) => {
  const folder = temporaryFolder(t)
  const store = openArtifactStore(folder)
  rmSync(join(folder, 'tmp'), { recursive: true })
  await assert.rejects(store.put(hello), {
    code: 'internal_error',
    message: /^Cannot store an artifact: ENOENT/,
  })
  assert.deepEqual(await listArtifacts(store), [])
})
