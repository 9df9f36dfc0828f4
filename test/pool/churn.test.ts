import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const first = 1000
const all = 10_000

test('10 000 instances that came and went leave a process as large as 1 000 did', async () => {
  const program = fileURLToPath(new URL('churn-process.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--no-node-snapshot',
    '--expose-gc',
    program,
    String(first),
    String(all),
  ])
  const { residentBytes, evicted } = JSON.parse(stdout)
  assert.ok(evicted >= all - 20, `only ${evicted} instances went`)
  const [before, after] = residentBytes.map((bytes: number) => bytes / 2 ** 20)
  assert.ok(
    after < before * 1.15,
    `${before.toFixed(0)} MiB after ${first}, ${after.toFixed(0)} MiB after ${all}`,
  )
})
