import { adminCall } from './admin-call.ts'
import { enqueueMany, pause, startAsync, startHello, untilDrained } from './async-server.ts'
import { anonymousMiB, freePort, rssMiB } from './pinned-process.ts'
import { type Report, round } from './report.ts'
import type { RunningIsolette } from './rivals/isolette.ts'

/** Calls that warm everything up, and are gone before memory is looked at. */
const warmUpCalls = 50_000
/** For what is garbage to be collected: V8 gives pages back after about ten seconds. */
const restMs = 15_000
/** Between two tries whether it serves. */
const tryEveryMs = 10

interface Memory {
  readonly supervisor: { readonly rssMiB: number; readonly anonymousMiB: number }
  readonly worker: { readonly rssMiB: number; readonly anonymousMiB: number }
}

/** What `calls` waiting calls take of memory, and of the time of a start. */
export async function measureBacklog(calls: number): Promise<Report> {
  const bareStartMs = await measureBareStart()
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
      {
        asked: 'a restart with that backlog serves within 3 s (here all processes on one core)',
        measured: `${round(startMs / 1000)} s; ${round(bareStartMs / 1000)} without calls`,
      },
    ],
  }
}

/** A restart of a server that no call waits in. */
async function measureBareStart(): Promise<number> {
  const bare = await startHello()
  try {
    await bare.end()
    return (await startAgain(bare)).startMs
  } finally {
    await bare.stop()
  }
}

/** With the same data, until the first request is answered; ends it too. */
async function startAgain({ dataDir }: RunningIsolette): Promise<{ startMs: number; restarted: Memory }> {
  const port = await freePort()
  const beganMs = performance.now()
  const starting = startHello({ dataDir, port })
  const startMs = await untilServed(`http://127.0.0.1:${port}/hello`).then(() => performance.now() - beganMs)
  const again = await starting
  try {
    return { startMs, restarted: await memoryOf(again) }
  } finally {
    await again.end()
  }
}

async function untilServed(url: string): Promise<void> {
  for (;;) {
    const status = await fetch(url).then(
      (response) => response.status,
      () => 0,
    )
    if (status === 200) return
    await new Promise((resolve) => setTimeout(resolve, tryEveryMs))
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
