import { readFileSync } from 'node:fs'
import { openRetryLog } from '../../runtime/retry-log/open-retry-log.ts'
import { claimAll, succeeded } from './log-scene.ts'

// A process that opens a log of many calls, and tells how much of the file's memory it has mapped while it works.

const [dataDir, work] = process.argv.slice(2) as [string, string]

function mappedBytes(): number {
  const [, kilobytes] = /^RssFile:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))!
  return Number(kilobytes) * 1024
}

const before = mappedBytes()
const startedMs = performance.now()
const log = await openRetryLog({ dataDir })
const openedMs = performance.now() - startedMs
const waiting = log.stats().depth.get('hello')?.waiting
if (work === 'drain') {
  for (let claimed = await claimAll(log); claimed.length > 0; claimed = await claimAll(log)) {
    await Promise.all(claimed.map(({ lease }) => log.complete(lease, succeeded(log), 60_000, [])))
  }
} else {
  await claimAll(log, 60_000, 10)
  await log.list({}, null, 20)
}
console.log(
  JSON.stringify({ waiting, openedMs, grownBytes: mappedBytes() - before, left: log.stats().depth.size }),
)
await log.close()
