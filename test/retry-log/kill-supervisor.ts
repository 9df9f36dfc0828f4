import { appendFileSync } from 'node:fs'
import { openRetryLog } from '../../runtime/retry-log/open-retry-log.ts'
import type { Claimed } from '../../runtime/retry-log/retry-log.ts'
import { callOf, failed, progressOf, succeeded } from './log-scene.ts'

// A process that says what becomes of calls, until it is killed. It tells what it has done, never what it is about to do.

const [dataDir, tale] = process.argv.slice(2) as [string, string]
const log = await openRetryLog({ dataDir })
const keepMs = 3_600_000

function tell(...words: readonly (string | number)[]): void {
  appendFileSync(tale, `${words.join(' ')}\n`)
}

async function decide({ lease, call, progress }: Claimed): Promise<void> {
  const chance = Math.random()
  const { id } = call
  if (chance < 0.1) return
  if (chance < 0.3) {
    const next = progressOf(progress.attempts + 1)
    if (await log.reschedule(lease, log.nowMs() + Math.floor(Math.random() * 20), next))
      tell('moved', id, next.attempts)
  } else if (chance < 0.5) {
    const follow =
      progress.attempts === 0 && call.depth === 0 ? [callOf('after', { depth: 1, parentId: id })] : []
    if (await log.deadLetter(lease, failed(log), keepMs, follow)) tell('ended', id, 'Failed')
  } else if (await log.complete(lease, succeeded(log), keepMs, [])) tell('ended', id, 'Succeeded')
}

console.log(log.clockOffsetMs)
for (;;) {
  const claimed = await log.claim(
    50,
    () => 300,
    () => true,
  )
  for (const { call, progress } of claimed) tell('claimed', call.id, progress.attempts)
  void Promise.all(claimed.map(decide))
  if (Math.random() < 0.3) log.noteAppended('hello', 1, 0)
  const [first] = claimed
  if (first !== undefined && Math.random() < 0.2) await log.stop(first.call.id, keepMs, []).catch(() => {})
  const { id } = (await log.append(callOf('own', { delayMs: Math.floor(Math.random() * 3) }))) as {
    id: string
  }
  tell('appended', id)
  await new Promise((resolve) => setTimeout(resolve, claimed.length === 0 ? 5 : 0))
}
