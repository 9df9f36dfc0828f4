/**
 * Functions that were never run, one after the other as fast as they answer: how many a second, and what requests to a
 * warm function wait meanwhile. The worker has not room for all of them: old instances make way.
 */
import { fileURLToPath } from 'node:url'
import { deployMany } from './many-functions.ts'
import { treeCpuMs } from './pinned-process.ts'
import { figureOf, quantile, type Report, round } from './report.ts'
import { startIsolette } from './rivals/isolette.ts'
import { TimedGet } from './timed-get.ts'

const functions = 1000
const rounds = 3
const serverCore = 1
/** Of the worker: enough for about 500 instances. */
const budgetMiB = 1000
/** Between two warm requests. */
const warmEveryMs = 2

interface Sweep {
  readonly firstPerSecond: number
  readonly firstP50Ms: number
  /** Of the server, with the warm requests meanwhile. */
  readonly cpuMsEach: number
  readonly warmP50Ms: number
  readonly warmP99Ms: number
}

export async function measure(): Promise<Report> {
  const sweeps: Sweep[] = []
  for (let round = 0; round < rounds; round++) sweeps.push(await sweep())
  const figure = (key: keyof Sweep) => figureOf(sweeps.map((one) => one[key]))
  return {
    rows: [
      {
        name: `${functions} never run, in turn`,
        figures: {
          'a second': figure('firstPerSecond'),
          'p50 ms': figure('firstP50Ms'),
          'CPU ms each': figure('cpuMsEach'),
        },
      },
      {
        name: 'warm requests meanwhile',
        figures: { 'p50 ms': figure('warmP50Ms'), 'p99 ms': figure('warmP99Ms') },
      },
    ],
    verdicts: [
      {
        asked: `${functions} different functions one after the other at 200 a second or more on one core`,
        measured: round(figure('firstPerSecond').median),
      },
      {
        asked: "warm requests' p99 under 10 ms meanwhile",
        measured: `${round(figure('warmP99Ms').median)} ms`,
      },
    ],
  }
}

async function sweep(): Promise<Sweep> {
  const hello = fileURLToPath(new URL('../examples/hello', import.meta.url))
  const running = await startIsolette(serverCore, {
    path: hello,
    requestPath: '',
    env: { ISOLETTE_MEMORY_BUDGET_MIB: String(budgetMiB) },
  })
  const first = new TimedGet()
  const warm = new TimedGet()
  try {
    const names = await deployMany(running.adminSocket, functions)
    for (let request = 0; request < 500; request++) await warm.run(`${running.url}/hello`)
    const firstMs: number[] = []
    let isSweeping = true
    const watching = watchWarm(warm, `${running.url}/hello`, () => isSweeping)
    const cpuBeforeMs = treeCpuMs(running.pid)
    const beganMs = performance.now()
    for (const name of names) firstMs.push(await first.run(`${running.url}/${name}`))
    const tookMs = performance.now() - beganMs
    const cpuMsEach = (treeCpuMs(running.pid) - cpuBeforeMs) / functions
    isSweeping = false
    const warmMs = (await watching).sort((a, b) => a - b)
    return {
      firstPerSecond: (functions / tookMs) * 1000,
      cpuMsEach,
      firstP50Ms: quantile(
        firstMs.sort((a, b) => a - b),
        0.5,
      ),
      warmP50Ms: quantile(warmMs, 0.5),
      warmP99Ms: quantile(warmMs, 0.99),
    }
  } finally {
    first.close()
    warm.close()
    await running.stop()
  }
}

async function watchWarm(client: TimedGet, url: string, isSweeping: () => boolean): Promise<number[]> {
  const samples: number[] = []
  while (isSweeping()) {
    samples.push(await client.run(url))
    await new Promise((resolve) => setTimeout(resolve, warmEveryMs))
  }
  return samples
}
