/** What the first request to a version that was never run costs at the client, over 200 different functions. */
import { fileURLToPath } from 'node:url'
import { deployMany } from './many-functions.ts'
import { ascending, figureOf, median, quantile, type Report, type Row, round } from './report.ts'
import { startIsolette } from './rivals/isolette.ts'
import { rawUws } from './rivals/raw-uws.ts'
import { workerdLoader } from './rivals/workerd.ts'
import { TimedGet } from './timed-get.ts'

const functions = 200
const rounds = 3
/** Warm requests go on for this long between two cold ones. */
const betweenMs = 30
const serverCore = 1

interface Samples {
  readonly cold: number[][]
  readonly warm: number[][]
}

export async function measure({ workerd }: { readonly workerd: string | undefined }): Promise<Report> {
  const ours: Samples = { cold: [], warm: [] }
  const theirs: Samples = { cold: [], warm: [] }
  const raw: number[][] = []
  const measurements = [
    () => measureIsolette(ours),
    async () => void raw.push(await measureRaw()),
    ...(workerd === undefined ? [] : [() => measureWorkerd(workerd, theirs)]),
  ]
  for (let round = 0; round < rounds; round++) {
    for (const one of round % 2 === 0 ? measurements : [...measurements].reverse()) await one()
  }
  const rows: Row[] = [
    { name: 'first request, never run', figures: figures(ours.cold) },
    { name: 'warm requests between them', figures: figures(ours.warm) },
    { name: 'raw uWebSockets.js', figures: figures(raw) },
  ]
  const differences = ours.cold.map((samples, index) => median(samples) - median(ours.warm[index]!))
  const verdicts = [
    {
      asked: 'first request at most 1 ms more than a warm one at the median, prewarm pool not empty',
      measured: `${round(figureOf(differences).median)} ms more`,
    },
  ]
  if (workerd !== undefined) {
    const { name } = workerdLoader(workerd)
    rows.push(
      { name: `${name}: first request`, figures: figures(theirs.cold) },
      { name: `${name}: warm requests`, figures: figures(theirs.warm) },
    )
    const ratios = theirs.cold.map((samples, index) => median(samples) / median(ours.cold[index]!))
    verdicts.push({
      asked: 'first request to never-seen functions at least 7 times faster at the median than workerd',
      measured: `${round(figureOf(ratios).median)} times (${round(Math.min(...ratios))}–${round(Math.max(...ratios))})`,
    })
  }
  return { rows, verdicts }
}

async function measureIsolette(samples: Samples): Promise<void> {
  const hello = fileURLToPath(new URL('../examples/hello', import.meta.url))
  const running = await startIsolette(serverCore, { path: hello, requestPath: '' })
  try {
    const names = await deployMany(running.adminSocket, functions)
    await measureFirst(running.url, { warm: 'hello', names }, samples)
  } finally {
    await running.stop()
  }
}

async function measureWorkerd(program: string, samples: Samples): Promise<void> {
  const running = await workerdLoader(program).start(serverCore)
  try {
    const names = Array.from({ length: functions }, (_, index) => `hello-${index}`)
    await measureFirst(running.url, { warm: 'hello', names }, samples)
  } finally {
    await running.stop()
  }
}

async function measureFirst(
  url: string,
  { warm, names }: { readonly warm: string; readonly names: readonly string[] },
  samples: Samples,
): Promise<void> {
  const client = new TimedGet()
  try {
    for (let request = 0; request < 200; request++) await client.run(`${url}/${warm}`)
    const first: number[] = []
    const others: number[] = []
    for (const name of names) {
      // Long enough for the prewarm pool to be refilled: it is not to be empty.
      const untilMs = performance.now() + betweenMs
      while (performance.now() < untilMs) others.push(await client.run(`${url}/${warm}`))
      first.push(await client.run(`${url}/${name}`))
    }
    samples.cold.push(first)
    samples.warm.push(others)
  } finally {
    client.close()
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
