import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

const worker = fileURLToPath(new URL('../fixtures/worker.ts', import.meta.url))

describe('runWorker', () => {
  const refused: [name: string, args: string[], problem: string][] = [
    ['without --no-node-snapshot', [worker], 'it was started without --no-node-snapshot'],
    ['without a supervisor', ['--no-node-snapshot', worker], 'it was not started by a supervisor'],
  ]
  for (const [name, args, problem] of refused) {
    it(`refuses to run ${name}`, () => {
      const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 30_000 })
      assert.equal(status, 1)
      assert.equal(
        stderr,
        `isolette: cannot_start: Cannot run a worker: ${problem}, must be started by "isolette serve"\n`,
      )
    })
  }
})
