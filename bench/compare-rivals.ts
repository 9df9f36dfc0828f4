/** Loads servers with wrk one after the other, each in a fresh process on a core of its own, in alternating order. */
import { treeCpuMs } from './pinned-process.ts'
import { figureOf, type Row, round } from './report.ts'
import type { Rival } from './rivals/rival.ts'
import { wrk } from './wrk.ts'

const rounds = 5
const connections = 32
const seconds = 4
/** Until V8 has compiled what is run most: its compiler shares the server's core. */
const warmUpSeconds = 5
const serverCore = 1
const clientCore = 0

interface Samples {
  requestsPerSecond: number[]
  cpuMicroseconds: number[]
  p50Ms: number[]
  p99Ms: number[]
  failures: number
}

export interface Comparison {
  readonly rows: readonly Row[]
  /** Requests a second of the first rival as a share of the second's, round by round: `median (lowest–highest)`. */
  readonly share: string
}

/** `script` is a Lua file that tells wrk what to ask for; without it, always the rival's URL. */
export async function compareRivals(rivals: readonly [Rival, Rival], script?: string): Promise<Comparison> {
  const samples = new Map(rivals.map((rival) => [rival, emptySamples()]))
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? rivals : [...rivals].reverse()
    for (const rival of order) await measureOnce(rival, samples.get(rival)!, script)
  }
  const [ours, theirs] = rivals.map((rival) => samples.get(rival)!.requestsPerSecond)
  const ratios = ours!.map((value, index) => value / theirs![index]!)
  return {
    rows: [...samples].map(([{ name }, taken]) => ({
      name,
      figures: {
        'requests/s': figureOf(taken.requestsPerSecond),
        'CPU µs/request': figureOf(taken.cpuMicroseconds),
        'p50 ms': figureOf(taken.p50Ms),
        'p99 ms': figureOf(taken.p99Ms),
        failures: taken.failures,
      },
    })),
    share: `${round(figureOf(ratios).median)} (${round(Math.min(...ratios))}–${round(Math.max(...ratios))})`,
  }
}

async function measureOnce(rival: Rival, samples: Samples, script: string | undefined): Promise<void> {
  const running = await rival.start(serverCore)
  const load = {
    url: running.url,
    core: clientCore,
    connections,
    ...(script === undefined ? {} : { script }),
  }
  try {
    await wrk({ ...load, seconds: warmUpSeconds })
    const cpuBeforeMs = treeCpuMs(running.pid)
    const result = await wrk({ ...load, seconds })
    const cpuMs = treeCpuMs(running.pid) - cpuBeforeMs
    samples.requestsPerSecond.push(result.requestsPerSecond)
    samples.cpuMicroseconds.push((cpuMs * 1000) / result.requests)
    samples.p50Ms.push(result.p50Ms)
    samples.p99Ms.push(result.p99Ms)
    samples.failures += result.failures
  } finally {
    await running.stop()
  }
}

function emptySamples(): Samples {
  return { requestsPerSecond: [], cpuMicroseconds: [], p50Ms: [], p99Ms: [], failures: 0 }
}
