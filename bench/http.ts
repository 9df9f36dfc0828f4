/** How much of raw uWebSockets.js is left with the whole product around it: hello, one worker, one core. */
import { treeCpuMs } from './pinned-process.ts'
import { figureOf, type Report, round } from './report.ts'
import { isoletteHello } from './rivals/isolette.ts'
import { rawUws } from './rivals/raw-uws.ts'
import type { Rival } from './rivals/rival.ts'
import { wrk } from './wrk.ts'

const rounds = 5
const connections = 32
const seconds = 4
const serverCore = 1
const clientCore = 0

interface Samples {
  requestsPerSecond: number[]
  cpuMicroseconds: number[]
  p50Ms: number[]
  p99Ms: number[]
  failures: number
}

export async function measure(): Promise<Report> {
  const rivals = [isoletteHello, rawUws]
  const samples = new Map(rivals.map((rival) => [rival, emptySamples()]))
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? rivals : [...rivals].reverse()
    for (const rival of order) await measureOnce(rival, samples.get(rival)!)
  }
  const ours = samples.get(isoletteHello)!
  const raw = samples.get(rawUws)!
  const ratios = ours.requestsPerSecond.map((value, index) => value / raw.requestsPerSecond[index]!)
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
    verdicts: [
      {
        asked: 'at least 0.55 of raw uWebSockets.js, one worker on one core, 32 connections',
        measured: `${round(figureOf(ratios).median)} (${round(Math.min(...ratios))}–${round(Math.max(...ratios))})`,
      },
    ],
  }
}

async function measureOnce(rival: Rival, samples: Samples): Promise<void> {
  const running = await rival.start(serverCore)
  try {
    await wrk({ url: running.url, core: clientCore, connections, seconds: 2 })
    const cpuBeforeMs = treeCpuMs(running.pid)
    const result = await wrk({ url: running.url, core: clientCore, connections, seconds })
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
