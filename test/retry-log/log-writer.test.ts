import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Worker } from 'node:worker_threads'
import { openLogStore } from '../../runtime/retry-log/log-tables.ts'
import type { LogOperation, LogWrite, LogWriter } from '../../runtime/retry-log/log-write.ts'
import { createLogWriter } from '../../runtime/retry-log/log-writer.ts'
import { temporaryFolder } from '../registry/temporary-registry.ts'

const timeout = 20_000

function openWriter(t: TestContext, nowMs?: () => number) {
  const file = join(temporaryFolder(t), 'retry-log.mdb')
  const { root, tables } = openLogStore(file, 'as-tables')
  const writer = createLogWriter({ file, ...(nowMs && { nowMs }) })
  t.after(async () => {
    await writer.close()
    await root.close()
  })
  const read = (table: LogOperation['table'], key: string | (string | number)[]) => {
    root.resetReadTxn()
    return tables[table].get(key)
  }
  return { file, writer, read, root }
}

function putting(key: string, value: unknown, ...ifAbsent: string[]): LogWrite {
  return {
    ifAbsent: ifAbsent.map((absent) => ({ table: 'meta', key: absent })),
    operations: [{ kind: 'put', table: 'meta', key, value }],
  }
}

async function threadOf(writer: LogWriter): Promise<Worker> {
  const { promise, resolve } = Promise.withResolvers<Worker>()
  process.once('worker', resolve)
  await writer.write(putting('started', true))
  return promise
}

test('what was written can be read in every table when its promise resolves', { timeout }, async (t) => {
  const { writer, read } = openWriter(t)
  const value = { text: 'ü', list: [1, 2.5, null, true], nested: { bytes: Buffer.from('b') } }
  const operations: LogOperation[] = [
    { kind: 'put', table: 'segments', key: ['f', 1_800_000_000_000, 'n'], value: Buffer.from('bytes') },
    { kind: 'put', table: 'places', key: 'id', value },
    { kind: 'put', table: 'meta', key: 'gone', value: 1 },
  ]
  assert.equal(await writer.write({ ifAbsent: [], operations }), true)
  assert.deepEqual(read('segments', ['f', 1_800_000_000_000, 'n']), Buffer.from('bytes'))
  assert.deepEqual(read('places', 'id'), value)

  assert.equal(
    await writer.write({ ifAbsent: [], operations: [{ kind: 'remove', table: 'meta', key: 'gone' }] }),
    true,
  )
  assert.equal(read('meta', 'gone'), undefined)
})

test('of a view on larger memory no more is written than the view', { timeout }, async (t) => {
  const { writer, read } = openWriter(t)
  const value = Buffer.alloc(100_000, 'x').subarray(50, 60)
  await writer.write({ ifAbsent: [], operations: [{ kind: 'put', table: 'segments', key: 'k', value }] })
  assert.deepEqual(read('segments', 'k'), Buffer.alloc(10, 'x'))
})

test('a write whose key is there changes nothing, and those beside it are done', { timeout }, async (t) => {
  const { writer, read } = openWriter(t)
  await writer.write(putting('there', 1))
  const done = await Promise.all([
    writer.write(putting('refused', 1, 'free', 'there')),
    writer.write(putting('there too', 1, 'there too')),
    writer.write(putting('there too', 2, 'there too')),
    writer.write(putting('there', 2)),
  ])
  assert.deepEqual(done, [false, true, false, true])
  assert.deepEqual(
    ['refused', 'there too', 'there'].map((key) => read('meta', key)),
    [undefined, 1, 2],
  )
})

test('a write that LMDB cannot take is refused whole and alone', { timeout }, async (t) => {
  const { writer, read } = openWriter(t)
  const first = writer.write(putting('first', 1))
  const impossible = writer.write({
    ifAbsent: [],
    operations: [...putting('half', 1).operations, ...putting('k'.repeat(3000), 1).operations],
  })
  const last = writer.write(putting('last', 1))
  await assert.rejects(impossible, { code: 'retry_log_unavailable', message: /Key size is larger/ })
  assert.deepEqual(await Promise.all([first, last]), [true, true])
  assert.deepEqual(
    ['first', 'half', 'last'].map((key) => read('meta', key)),
    [1, undefined, 1],
  )
})

test('writes are done in their order, however large and many they are', { timeout }, async (t) => {
  const { writer, read } = openWriter(t)
  const large = Buffer.alloc(1024 * 1024)
  const writes = Array.from({ length: 40 }, (_, index) =>
    writer.write({
      ifAbsent: index === 0 ? [] : [{ table: 'segments', key: ['k', index] }],
      operations: [
        { kind: 'put', table: 'segments', key: ['k', index], value: large },
        { kind: 'put', table: 'meta', key: 'last', value: index },
      ],
    }),
  )
  assert.deepEqual(new Set(await Promise.all(writes)), new Set([true]))
  assert.equal(read('meta', 'last'), 39)
})

test('close() does what waits, ends the thread, and later writes are refused', { timeout }, async (t) => {
  const { writer, read } = openWriter(t)
  const thread = await threadOf(writer)
  const ended = new Promise((resolve) => thread.once('exit', resolve))
  const last = writer.write(putting('last', 1))
  await Promise.all([writer.close(), writer.close()])
  assert.equal(await ended, 0)
  assert.equal(await last, true)
  assert.equal(read('meta', 'last'), 1)
  await assert.rejects(writer.write(putting('late', 1)), { code: 'retry_log_unavailable', message: /closed/ })
})

test('a thread that dies is a fault for a second, then there is another', { timeout }, async (t) => {
  let nowMs = 0
  const { writer, read } = openWriter(t, () => nowMs)
  const thread = await threadOf(writer)
  const cut = writer.write(putting('cut', 1))
  void thread.terminate()
  await assert.rejects(cut, { code: 'retry_log_unavailable', message: /thread has ended/ })
  nowMs = 999
  await assert.rejects(writer.write(putting('early', 1)), { code: 'retry_log_unavailable' })
  nowMs = 1000
  assert.equal(await writer.write(putting('again', 1)), true)
  assert.deepEqual([read('meta', 'early'), read('meta', 'again')], [undefined, 1])
})

for (const [kind, bytes] of [
  ['foreign', 'x'.repeat(20_000)],
  ['empty', ''],
  ['missing', null],
] as const) {
  test(`a file that is ${kind} is a fault that names it, and is left as it is`, { timeout }, async (t) => {
    const file = join(temporaryFolder(t), 'retry-log.mdb')
    if (bytes !== null) writeFileSync(file, bytes)
    const writer = createLogWriter({ file })
    await assert.rejects(writer.write(putting('k', 1)), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'retry_log_unavailable')
      assert.ok(error.message.includes(file))
      return error.cause instanceof Error
    })
    await writer.close()
    assert.equal(existsSync(file) ? readFileSync(file, 'latin1') : null, bytes)
  })
}

const child = `
  const { createLogWriter } = await import(process.argv[1])
  const writer = createLogWriter({ file: process.argv[2] })
  await writer.write({ ifAbsent: [], operations: [{ kind: 'put', table: 'meta', key: 'k', value: 1 }] })
  if (process.argv[3] === 'close') await writer.close()
  console.log('written')
`

for (const end of ['close', 'forget']) {
  test(`a process ends by itself with a writer that it did ${end}`, { timeout }, async (t) => {
    const { file, read } = openWriter(t)
    const module = new URL('../../runtime/retry-log/log-writer.ts', import.meta.url).href
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--no-node-snapshot', '--input-type=module', '-e', child, module, file, end],
      { encoding: 'utf8', timeout: timeout / 2 },
    )
    assert.deepEqual([status, stdout], [0, 'written\n'], stderr)
    assert.equal(read('meta', 'k'), 1)
  })
}

const exiting = `
  const { createLogWriter } = await import(process.argv[1])
  const writer = createLogWriter({ file: process.argv[2] })
  const put = (index) => ({ kind: 'put', table: 'segments', key: ['k', index], value: Buffer.alloc(8) })
  await writer.write({ ifAbsent: [], operations: [put(0)] })
  void writer.write({ ifAbsent: [], operations: Array.from({ length: 100_000 }, (_, index) => put(index)) })
  setImmediate(() => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(process.argv[3]))
    process.exit(7)
  })
`

// One of them meets a transaction that takes longer than it; without the guard that one never ends.
for (const waitMs of [50, 100, 150]) {
  test(`process.exit() ends a process ${waitMs} ms after it began to write much`, { timeout }, async (t) => {
    const { file, writer } = openWriter(t)
    const module = new URL('../../runtime/retry-log/log-writer.ts', import.meta.url).href
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--no-node-snapshot', '--input-type=module', '-e', exiting, module, file, String(waitMs)],
      { encoding: 'utf8', timeout: timeout / 2, killSignal: 'SIGKILL' },
    )
    assert.equal(status, 7, stderr)
    assert.equal(await writer.write(putting('k', 1)), true, 'no lock is left')
  })
}
