/**
 * What resident hello instances cost in memory: 1 000 different functions over two workers, each called once. Then all
 * are left alone until they are evicted and their memory is given back, and 1 000 others are called.
 */
import { fileURLToPath } from 'node:url'
import { adminCall } from './admin-call.ts'
import { deployMany } from './many-functions.ts'
import { rssMiB } from './pinned-process.ts'
import { figureOf, type Report, round } from './report.ts'
import { startIsolette } from './rivals/isolette.ts'
import { TimedGet } from './timed-get.ts'

const functions = 1000
const rounds = 2
const serverCore = 1
/** Connections; the kernel spreads them over the workers, by chance: so many that both get about half. */
const clients = 128
/** Longer than it takes to call all of them. */
const idleTimeoutMs = 40_000
/** After the last is evicted: V8 gives the pages of heaps back to the system some ten seconds later. */
const restMs = 15_000

interface Sample {
  readonly emptyMiB: number
  readonly fullMiB: number
  readonly evictedMiB: number
  readonly againMiB: number
}

export async function measure(): Promise<Report> {
  const samples: Sample[] = []
  for (let round = 0; round < rounds; round++) samples.push(await measureOnce())
  const figure = (of: (sample: Sample) => number) => figureOf(samples.map(of))
  const each = figure(({ fullMiB, emptyMiB }) => (fullMiB - emptyMiB) / functions)
  const more = figure(({ againMiB, fullMiB }) => (againMiB / fullMiB - 1) * 100)
  return {
    rows: [
      { name: 'two workers, no instance', figures: { 'RSS MiB': figure((one) => one.emptyMiB) } },
      { name: `${functions} instances`, figures: { 'RSS MiB': figure((one) => one.fullMiB) } },
      { name: 'each', figures: { 'RSS MiB': each } },
      { name: 'all evicted', figures: { 'RSS MiB': figure((one) => one.evictedMiB) } },
      { name: `${functions} others`, figures: { 'RSS MiB': figure((one) => one.againMiB) } },
    ],
    verdicts: [
      {
        asked: `${functions} resident hello instances over two workers: at most 1.7 MiB of RSS each`,
        measured: `${round(each.median)} MiB`,
      },
      {
        asked: `after all are evicted the next ${functions} need at most 10 % more`,
        measured: `${round(more.median)} % more`,
      },
    ],
  }
}

async function measureOnce(): Promise<Sample> {
  const hello = fileURLToPath(new URL('../examples/hello', import.meta.url))
  const running = await startIsolette(serverCore, { path: hello, requestPath: '', workers: 2 })
  const connections = Array.from({ length: clients }, () => new TimedGet())
  const callAll = async (names: readonly string[]): Promise<void> => {
    for (const [index, name] of names.entries()) {
      await connections[index % clients]!.run(`${running.url}/${name}`)
    }
  }
  try {
    const settings = { pool: { idleTimeoutMs } }
    const names = await deployMany(running.adminSocket, functions, { settings })
    const others = await deployMany(running.adminSocket, functions, { settings, firstIndex: functions })
    for (let request = 0; request < 4000; request++) {
      await connections[request % clients]!.run(`${running.url}/hello`)
    }
    const emptyMiB = await workersMiB(running.adminSocket)
    await callAll(names)
    const fullMiB = await workersMiB(running.adminSocket)
    await untilEvicted(running.adminSocket)
    await new Promise((resolve) => setTimeout(resolve, restMs))
    const evictedMiB = await workersMiB(running.adminSocket)
    await callAll(others)
    return { emptyMiB, fullMiB, evictedMiB, againMiB: await workersMiB(running.adminSocket) }
  } finally {
    for (const connection of connections) connection.close()
    await running.stop()
  }
}

interface Worker {
  readonly pid: number
  readonly status: { readonly instances: readonly { readonly functionName: string }[] } | null
}

async function workersMiB(adminSocket: string): Promise<number> {
  return (await workersOf(adminSocket)).reduce((sum, { pid }) => sum + rssMiB(pid), 0)
}

async function untilEvicted(adminSocket: string): Promise<void> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const instances = (await workersOf(adminSocket)).flatMap(({ status }) => status?.instances ?? [])
    if (instances.every(({ functionName }) => functionName === 'hello')) return
  }
}

async function workersOf(adminSocket: string): Promise<readonly Worker[]> {
  const { workers } = (await adminCall(adminSocket, 'GET', '/v1/workers')) as { workers: readonly Worker[] }
  return workers
}
