import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Json, ServerFixture } from '../e2e/server-fixture.ts'
import { CallLedger } from './call-ledger.ts'

const preload = fileURLToPath(new URL('./fixtures/shifted-clock.mjs', import.meta.url))
const hourMs = 3_600_000

for (const [direction, shiftMs] of [
  ['forward', hourMs],
  ['back', -hourMs],
] as const)
  test(`a clock that jumps ${direction} by an hour expires nothing, runs nothing twice and holds nothing up`, {
    timeout: 120_000,
  }, async (t) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'isolette-clock-'))
    t.after(() => rm(dataDir, { recursive: true, force: true }))
    const clock = join(dataDir, 'clock')
    const set = (ms: number) => writeFile(clock, String(ms))
    await set(0)
    const start = () =>
      ServerFixture.start({
        workers: 1,
        dataDir,
        env: { NODE_OPTIONS: `--import=${preload}`, WALL_CLOCK_SHIFT: clock },
      })
    await using ledger = await CallLedger.open()
    let server = await start()
    t.after(() => server.stop('SIGKILL'))
    await server.deploy('slow', {
      'function.jsonc': JSON.stringify({
        async: { http: true, maxAgeMs: 60_000 },
        egress: { allow: [ledger.address] },
        limits: { timeoutMs: 5000 },
      }),
      'index.js': ledger.source('await new Promise((resolve) => setTimeout(resolve, 1500))'),
    })
    const enqueue = async (name: string, delayMs = 0): Promise<string> => {
      const headers = { prefer: 'respond-async', 'x-isolette-delay-ms': String(delayMs) }
      const { status, text } = await server.call(`/slow/${name}`, { headers })
      assert.equal(status, 202, text)
      return JSON.parse(text).invocationId
    }
    const ended = async (id: string): Promise<Json> =>
      (await server.admin('GET', `/v1/invocations/${id}?wait=30s`)).body

    const running = await enqueue('running')
    const delayed = await enqueue('delayed', 3000)
    const held = await enqueue('held', 600_000)
    while (!ledger.runs.has('running')) await new Promise(setImmediate)
    await set(shiftMs)
    const after = await enqueue('after')
    for (const id of [running, delayed, after]) {
      const call = await ended(id)
      assert.equal(call.state, 'Succeeded', JSON.stringify(call))
      assert.equal(call.attempts, 1)
    }
    assert.equal((await server.admin('GET', `/v1/invocations/${held}`)).body.state, 'Enqueued')

    // A new start knows no other clock than the wrong one.
    const across = await enqueue('across', 2000)
    await server.stop()
    server = await start()
    assert.equal((await ended(across)).state, 'Succeeded')
    const last = await enqueue('last')
    assert.equal((await ended(last)).state, 'Succeeded')
    for (const name of ['running', 'delayed', 'after', 'across', 'last'])
      assert.equal(ledger.runs.get(name), 1, `${name} ran ${ledger.runs.get(name)} times`)
    await server.stop()
  })
