/** What a resident hello instance costs in memory: 500 different functions in one worker, each called once. */
import { fileURLToPath } from 'node:url'
import { adminCall } from './admin-call.ts'
import { deployMany } from './many-functions.ts'
import { rssMiB } from './pinned-process.ts'
import { figureOf, type Report, round } from './report.ts'
import { startIsolette } from './rivals/isolette.ts'
import { TimedGet } from './timed-get.ts'

const functions = 500
const rounds = 3
const serverCore = 1

export async function measure(): Promise<Report> {
  const before: number[] = []
  const after: number[] = []
  const each: number[] = []
  for (let round = 0; round < rounds; round++) {
    const sample = await measureOnce()
    before.push(sample.beforeMiB)
    after.push(sample.afterMiB)
    each.push((sample.afterMiB - sample.beforeMiB) / functions)
  }
  return {
    rows: [
      { name: 'worker, one instance', figures: { 'RSS MiB': figureOf(before) } },
      { name: `worker, ${functions} more`, figures: { 'RSS MiB': figureOf(after) } },
      { name: 'each', figures: { 'RSS MiB': figureOf(each) } },
    ],
    verdicts: [
      {
        asked: '500 resident hello instances in one worker: at most 1.7 MiB of RSS each',
        measured: `${round(figureOf(each).median)} MiB`,
      },
    ],
  }
}

async function measureOnce(): Promise<{ beforeMiB: number; afterMiB: number }> {
  const hello = fileURLToPath(new URL('../examples/hello', import.meta.url))
  const running = await startIsolette(serverCore, { path: hello, requestPath: '' })
  const client = new TimedGet()
  try {
    const names = await deployMany(running.adminSocket, functions)
    for (let request = 0; request < 2000; request++) await client.run(`${running.url}/hello`)
    const { workers } = (await adminCall(running.adminSocket, 'GET', '/v1/workers')) as {
      workers: { pid: number }[]
    }
    const pid = workers[0]!.pid
    const beforeMiB = rssMiB(pid)
    for (const name of names) await client.run(`${running.url}/${name}`)
    return { beforeMiB, afterMiB: rssMiB(pid) }
  } finally {
    client.close()
    await running.stop()
  }
}
