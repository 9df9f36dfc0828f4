/** What the first request to a version that was never run costs at the client, over 200 different functions. */
import { fileURLToPath } from 'node:url'
import { deployMany } from './many-functions.ts'
import { figureOf, quantile, type Report, round } from './report.ts'
import { startIsolette } from './rivals/isolette.ts'
import { rawUws } from './rivals/raw-uws.ts'
import { TimedGet } from './timed-get.ts'

const functions = 200
const rounds = 3
/** Warm requests go on for this long between two cold ones. */
const betweenMs = 30
const serverCore = 1

export async function measure(): Promise<Report> {
  const cold: number[][] = []
  const warm: number[][] = []
  const raw: number[][] = []
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) await measureIsolette(cold, warm)
    raw.push(await measureRaw())
    if (round % 2 === 1) await measureIsolette(cold, warm)
  }
  const differences = cold.map((samples, index) => median(samples) - median(warm[index]!))
  return {
    rows: [
      { name: 'first request, never run', figures: figures(cold) },
      { name: 'warm requests between them', figures: figures(warm) },
      { name: 'raw uWebSockets.js', figures: figures(raw) },
    ],
    verdicts: [
      {
        asked: 'first request at most 1 ms more than a warm one at the median, prewarm pool not empty',
        measured: `${round(figureOf(differences).median)} ms more`,
      },
    ],
  }
}

async function measureIsolette(cold: number[][], warm: number[][]): Promise<void> {
  const hello = fileURLToPath(new URL('../examples/hello', import.meta.url))
  const running = await startIsolette(serverCore, { path: hello, requestPath: '' })
  const client = new TimedGet()
  try {
    const names = await deployMany(running.adminSocket, functions)
    for (let request = 0; request < 200; request++) await client.run(`${running.url}/hello`)
    const first: number[] = []
    const others: number[] = []
    for (const name of names) {
      // Long enough for the prewarm pool to be refilled: it is not to be empty.
      const untilMs = performance.now() + betweenMs
      while (performance.now() < untilMs) others.push(await client.run(`${running.url}/hello`))
      first.push(await client.run(`${running.url}/${name}`))
    }
    cold.push(first)
    warm.push(others)
  } finally {
    client.close()
    await running.stop()
  }
}

async function measureRaw(): Promise<number[]> {
  const running = await rawUws.start(serverCore)
  const client = new TimedGet()
  try {
    for (let request = 0; request < 200; request++) await client.run(running.url)
    const samples: number[] = []
    for (let request = 0; request < functions; request++) samples.push(await client.run(running.url))
    return samples
  } finally {
    client.close()
    await running.stop()
  }
}

function figures(rounds: readonly number[][]) {
  return {
    'p50 ms': figureOf(rounds.map(median)),
    'p99 ms': figureOf(rounds.map((samples) => quantile(ascending(samples), 0.99))),
  }
}

function median(samples: readonly number[]): number {
  return quantile(ascending(samples), 0.5)
}

function ascending(samples: readonly number[]): number[] {
  return [...samples].sort((a, b) => a - b)
}
