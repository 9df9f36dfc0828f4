import { adminCall } from './admin-call.ts'
import { enqueueMany, pause, startAsync, startHello, untilDrained } from './async-server.ts'
import { anonymousMiB, rssMiB } from './pinned-process.ts'
import { type Report, round } from './report.ts'
import type { RunningIsolette } from './rivals/isolette.ts'
import { TimedGet } from './timed-get.ts'

/** Calls that warm everything up, and are gone before memory is looked at. */
const warmUpCalls = 50_000
/** For what is garbage to be collected, by whoever does. */
const restMs = 5000

interface Memory {
  readonly supervisor: { readonly rssMiB: number; readonly anonymousMiB: number }
  readonly worker: { readonly rssMiB: number; readonly anonymousMiB: number }
}

/** What `calls` waiting calls take of memory, and of the time of a start. */
export async function measureBacklog(calls: number): Promise<Report> {
  await using server = await startAsync()
  const { running } = server
  await enqueueMany(server, warmUpCalls)
  await untilDrained(server)
  await pause(server)
  const empty = await memoryOf(running)
  await enqueueMany(server, calls)
  const full = await memoryOf(running)
  await running.end()
  const { startMs, restarted } = await startAgain(running)

  const grown = (process: keyof Memory) => full[process].rssMiB - empty[process].rssMiB
  return {
    rows: [
      rowOf('empty', empty),
      rowOf(`${calls} calls wait`, full),
      rowOf('the same after a restart', restarted),
    ],
    verdicts: [
      {
        asked: `${calls} waiting calls: RSS of worker and supervisor within 100 MiB of empty`,
        measured: `worker ${round(grown('worker'))} MiB more, supervisor ${round(grown('supervisor'))} MiB more`,
      },
      { asked: 'a restart with that backlog serves within 3 s', measured: `${round(startMs / 1000)} s` },
    ],
  }
}

/** With the same data; ends it too. */
async function startAgain({ dataDir }: RunningIsolette): Promise<{ startMs: number; restarted: Memory }> {
  const client = new TimedGet()
  const beganMs = performance.now()
  const again = await startHello(dataDir)
  try {
    await client.run(`${again.url}/hello`)
    const startMs = performance.now() - beganMs
    return { startMs, restarted: await memoryOf(again) }
  } finally {
    client.close()
    await again.end()
  }
}

async function memoryOf({ pid, adminSocket }: RunningIsolette): Promise<Memory> {
  await new Promise((resolve) => setTimeout(resolve, restMs))
  const { workers } = (await adminCall(adminSocket, 'GET', '/v1/workers')) as { workers: { pid: number }[] }
  const [supervisor, worker] = [pid, workers[0]!.pid].map((one) => ({
    rssMiB: rssMiB(one),
    anonymousMiB: anonymousMiB(one),
  }))
  return { supervisor: supervisor!, worker: worker! }
}

function rowOf(name: string, { supervisor, worker }: Memory) {
  return {
    name,
    figures: {
      'worker RSS MiB': worker.rssMiB,
      'worker anonymous': worker.anonymousMiB,
      'supervisor RSS MiB': supervisor.rssMiB,
      'supervisor anonymous': supervisor.anonymousMiB,
    },
  }
}
