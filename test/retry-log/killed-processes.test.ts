import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openLogFile } from '../../runtime/retry-log/log-file.ts'
import type { LogDatabases } from '../../runtime/retry-log/log-tables.ts'
import { openRetryLog } from '../../runtime/retry-log/open-retry-log.ts'
import { temporaryFolder } from '../registry/temporary-registry.ts'
import { claimAll, succeeded } from './log-scene.ts'

const rounds = 8
const dayMs = 86_400_000

/** What processes have told before they were killed. */
class Told {
  readonly appended = new Set<string>()
  readonly ended = new Map<string, string>()
  readonly attempts = new Map<string, number>()

  hear(line: string): void {
    const [what, id, word] = line.split(' ') as [string, string, string]
    if (what === 'appended') this.appended.add(id)
    if (what === 'ended') {
      assert.equal(this.ended.get(id), undefined, `${id} ended twice`)
      this.ended.set(id, word)
    }
    if (what === 'moved') this.attempts.set(id, Number(word))
    if (what !== 'claimed') return
    assert.equal(this.ended.get(id), undefined, `${id} was claimed after it had ended`)
    const attempts = this.attempts.get(id) ?? 0
    assert.ok(Number(word) >= attempts, `${id} forgot that it has been tried`)
  }
}

interface Telling {
  readonly process: ChildProcess
  /** What it has told so far. */
  readonly tale: string
  readonly firstLine: string
}

async function start(
  t: TestContext,
  file: string,
  dataDir: string,
  ...args: readonly string[]
): Promise<Telling> {
  const path = fileURLToPath(new URL(file, import.meta.url))
  const tale = join(temporaryFolder(t), 'tale')
  const child = spawn(process.execPath, [path, dataDir, tale, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  const [firstLine] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return { process: child, tale, firstLine }
}

async function killAfter({ process: child }: Telling, ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms))
  assert.equal(child.exitCode, null, 'it ended by itself')
  child.kill('SIGKILL')
  await once(child, 'close')
}

test('whatever is killed when: each accepted call ends once, and nothing of it is left', {
  timeout: 120_000,
}, async (t) => {
  const dataDir = temporaryFolder(t)
  const told = new Told()
  for (let round = 0; round < rounds; round++) await runAndKill(t, dataDir, told)
  assert.ok(
    told.appended.size > 200 && told.ended.size > 100,
    `${told.appended.size} appended, ${told.ended.size} ended`,
  )

  let wallMs = Date.now()
  const log = await openRetryLog({ dataDir, wallMs: () => wallMs })
  let claimed = await claimAll(log)
  for (; claimed.length > 0 || log.nextDueMs(() => true) !== null; claimed = await claimAll(log)) {
    for (const { call } of claimed) assert.equal(told.ended.get(call.id), undefined, `${call.id} came back`)
    await Promise.all(claimed.map(({ lease }) => log.complete(lease, succeeded(log), dayMs, [])))
  }
  for (const id of told.appended) {
    const status = await log.get(id)
    assert.ok(status?.end, `${id} is ${status?.state ?? 'lost'}`)
    const state = told.ended.get(id)
    if (state !== undefined) assert.equal(status.state, state)
  }
  assert.deepEqual(log.stats().depth, new Map())
  await log.close()
  assert.deepEqual(rowsOf(dataDir, ['segments', 'places', 'claims', 'counts']), {
    segments: 0,
    places: 0,
    claims: 0,
    counts: await deadLetterReasons(dataDir),
  })

  wallMs += 2 * dayMs
  const later = await openRetryLog({ dataDir, wallMs: () => wallMs })
  assert.ok((await later.sweep()) >= told.appended.size)
  await later.close()
  assert.deepEqual(rowsOf(dataDir, ['ended', 'expiry', 'caller-ids', 'dead-letters', 'counts']), {
    ended: 0,
    expiry: 0,
    'caller-ids': 0,
    'dead-letters': 0,
    counts: 0,
  })
})

async function runAndKill(t: TestContext, dataDir: string, told: Told): Promise<void> {
  const supervisor = await start(t, './kill-supervisor.ts', dataDir)
  const worker = await start(t, './kill-appender.ts', dataDir, supervisor.firstLine)
  await Promise.all([
    killAfter(supervisor, 50 + Math.random() * 500),
    killAfter(worker, 50 + Math.random() * 500),
  ])
  for (const { tale } of [worker, supervisor]) {
    for (const line of readFileSync(tale, 'utf8').split('\n')) told.hear(line)
  }
}

function rowsOf(dataDir: string, names: readonly (keyof LogDatabases)[]): Record<string, number> {
  const { root, tables } = openLogFile(dataDir)
  const counts = Object.fromEntries(names.map((name) => [name, tables[name].getCount()]))
  void root.close()
  return counts
}

async function deadLetterReasons(dataDir: string): Promise<number> {
  const log = await openRetryLog({ dataDir })
  const { deadLetters } = log.stats()
  await log.close()
  return deadLetters.size
}
