import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ServerFixture } from '../e2e/server-fixture.ts'

const damages: Readonly<Record<string, (file: string) => Promise<void>>> = {
  'is empty': (file) => writeFile(file, ''),
  'is not what it was written as': (file) => writeFile(file, 'a letter to my aunt\n'.repeat(1000)),
  'is gone': (file) => rm(file),
  'was cut short': (file) => truncate(file, 8192),
  'has a header of zeros': async (file) => {
    const bytes = await readFile(file)
    bytes.fill(0, 0, 8192)
    await writeFile(file, bytes)
  },
}

for (const [what, damage] of Object.entries(damages))
  test(`a start is refused that finds a retry log which ${what}`, async (t) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'isolette-damage-'))
    t.after(() => rm(dataDir, { recursive: true, force: true }))
    const server = await ServerFixture.start({ dataDir })
    await server.deploy('hello', { 'index.js': `export const handler = () => 'hello'` })
    for (let call = 0; call < 20; call++) {
      const body = { type: 'async', event: { pad: 'x'.repeat(10_000) }, delayMs: 600_000 }
      assert.equal((await server.admin('POST', '/v1/functions/hello/invocations', body)).status, 202)
    }
    await server.stop()
    const file = join(dataDir, 'retry-log.mdb')
    await damage(file)
    const before = await bytesOf(file)
    const refusal = await ServerFixture.start({ dataDir }).then(
      async (started) => {
        await started.stop()
        return null
      },
      (error: Error) => error.message,
    )
    assert.ok(refusal !== null, 'it started')
    assert.match(refusal, /data_damaged/)
    assert.ok(refusal.includes(file), refusal)
    // Somebody may still be able to mend it.
    assert.deepEqual(await bytesOf(file), before)
  })

function bytesOf(file: string): Promise<Buffer | null> {
  return readFile(file).catch(() => null)
}
