import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { root } from '../e2e/server-fixture.ts'

const run = promisify(execFile)

test('the package that npm pack makes serves a request when installed into an empty folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'isolette-pack-'))
  try {
    await run('npm', ['pack', '--pack-destination', folder], { cwd: root })
    const archive = (await readdir(folder)).find((name) => name.endsWith('.tgz'))
    assert.ok(archive)
    await writeFile(join(folder, 'package.json'), '{ "private": true }')
    await run('npm', ['install', '--prefer-offline', join(folder, archive)], { cwd: folder })
    await writeFile(
      join(folder, 'hello.ts'),
      `export default { fetch: (): Response => new Response('packed') }\n`,
    )

    const bin = join(folder, 'node_modules', '.bin', 'isolette')
    const server = spawn(bin, ['serve', 'hello.ts', '--port', '0', '--workers', '1'], { cwd: folder })
    try {
      let output = ''
      server.stderr.on('data', (chunk) => {
        output += chunk
      })
      server.stdout.on('data', (chunk) => {
        output += chunk
      })
      const ended = once(server, 'exit')
      while (!output.includes('isolette is ready on')) {
        const next = await Promise.race([once(server.stdout, 'data'), ended.then(() => null)])
        assert.ok(next !== null, output)
      }
      const url = /ready on (http:\/\/\S+)/.exec(output)?.[1]
      const response = await fetch(`${url}/hello`)
      assert.equal(await response.text(), 'packed')
      server.kill('SIGTERM')
      assert.deepEqual(await ended, [0, null])
    } finally {
      server.kill('SIGKILL')
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
