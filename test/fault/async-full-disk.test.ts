import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { ServerFixture } from '../e2e/server-fixture.ts'
import { CallLedger } from './call-ledger.ts'

test('a full disk is answered with 503, loses no call, and is forgotten when space returns', {
  timeout: 150_000,
}, async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'isolette-full-'))
  t.after(async () => {
    spawnSync('umount', ['-l', dataDir])
    await rm(dataDir, { recursive: true, force: true })
  })
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=96m', 'isolette-test', dataDir]).status !== 0) {
    t.skip('no right to mount a small disk')
    return
  }
  await using ledger = await CallLedger.open()
  await using server = await ServerFixture.start({ workers: 1, dataDir })
  await server.deploy('errand', {
    'function.jsonc': JSON.stringify({ async: { http: true }, egress: { allow: [ledger.address] } }),
    'index.js': ledger.source(),
  })
  const accepted = new Map<string, string>()
  const send = async (name: string): Promise<number> => {
    const { status, text, headers } = await server.call(`/errand/${name}`, {
      method: 'POST',
      headers: { prefer: 'respond-async' },
      body: Buffer.alloc(100_000, 'x'),
    })
    if (status === 202) accepted.set(JSON.parse(text).invocationId, name)
    if (status === 503) assert.ok(headers['retry-after'], 'without Retry-After')
    return status
  }
  assert.equal(await send('first'), 202)

  const { bavail, bsize } = await statfs(dataDir)
  const ballast = join(dataDir, 'ballast')
  await writeFile(ballast, Buffer.alloc(bavail * bsize - 4 * 1024 * 1024))
  let refused = 0
  for (let number = 0; refused < 3; number++) {
    const status = await send(`more-${number}`)
    if (status === 503) refused++
    else assert.equal(status, 202)
    assert.ok(number < 10_000, 'the disk never filled')
  }
  // Whoever waits for an answer is served on, and people are told.
  assert.equal((await server.call('/errand/synchronous')).text, 'synchronous')
  const { body: ready } = await server.admin('GET', '/readyz')
  assert.ok(JSON.stringify(ready).includes('retryLog'), JSON.stringify(ready))

  await rm(ballast)
  for (const endMs = performance.now() + 30_000; ; await delay(50)) {
    if ((await send('again')) === 202) break
    assert.ok(performance.now() < endMs, 'space returned, and nothing was accepted')
  }
  for (const [id, name] of accepted) {
    const { body } = await server.admin('GET', `/v1/invocations/${id}?wait=30s`)
    assert.equal(body.state, 'Succeeded', `${name}: ${JSON.stringify(body)}`)
    assert.ok((ledger.runs.get(name) ?? 0) >= 1, name)
  }
})
