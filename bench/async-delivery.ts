import { adminCall } from './admin-call.ts'
import {
  type AsyncServer,
  enqueueMany,
  pause,
  resume,
  runClient,
  startAsync,
  untilDrained,
} from './async-server.ts'
import { ascending, figureOf, quantile, type Report, round } from './report.ts'

const starts = 200
const backlog = 100_000
const rounds = 3
/** GETs of another function while the backlog is drained. */
const requestsPerSecond = 2000
const loadSeconds = 4

interface Load {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly failures: number
}

/** How soon calls begin, how fast a backlog is drained, and what that does to others. */
export async function measureDelivery(): Promise<Report> {
  await using server = await startAsync()
  const startMs = ascending(await startLatencies(server))
  await drainPerSecond(server)
  const drained: number[] = []
  const alone: Load[] = []
  const beside: Load[] = []
  for (let round = 0; round < rounds; round++) {
    drained.push(await drainPerSecond(server))
    alone.push(await load(server))
    await fill(server)
    await resume(server)
    beside.push(await load(server))
    await untilDrained(server)
  }
  const p99 = {
    alone: figureOf(alone.map((one) => one.p99Ms)),
    beside: figureOf(beside.map((one) => one.p99Ms)),
  }
  const perSecond = figureOf(drained)
  return {
    rows: [
      {
        name: 'enqueue to start, idle pool',
        figures: { 'p50 ms': quantile(startMs, 0.5), 'p99 ms': quantile(startMs, 0.99) },
      },
      { name: `backlog of ${backlog} hello calls drained`, figures: { 'a second': perSecond } },
      loadRow(`${requestsPerSecond} GETs a second, no backlog`, alone),
      loadRow('the same while a backlog is drained', beside),
    ],
    verdicts: [
      {
        asked: 'enqueue to start of a due call with an idle pool: p50 under 5 ms',
        measured: `${round(quantile(startMs, 0.5))} ms`,
      },
      {
        asked:
          'draining: at least 15 000 completed hello calls a second on one worker (here on one core with its supervisor)',
        measured: `${round(perSecond.median)} (${round(perSecond.min)}–${round(perSecond.max)})`,
      },
      {
        asked: `a backlog of ${backlog} calls raises the p99 of synchronous requests by at most half`,
        measured: `${round((p99.beside.median / p99.alone.median - 1) * 100)} % (${round(p99.alone.median)} → ${round(p99.beside.median)} ms)`,
      },
    ],
  }
}

/** Of one call after the other, in milliseconds; as exact as the log's clock, a millisecond. */
async function startLatencies({ running, url }: AsyncServer): Promise<number[]> {
  const latencies: number[] = []
  for (let index = 0; index < starts; index++) {
    const response = await fetch(url, { method: 'POST', headers: { prefer: 'respond-async' }, body: 'x' })
    const { invocationId } = (await response.json()) as { invocationId: string }
    const call = await adminCall(running.adminSocket, 'GET', `/v1/invocations/${invocationId}?wait=10s`)
    const { enqueuedAtMs, history } = call as { enqueuedAtMs: number; history: { startedAtMs: number }[] }
    latencies.push(history[0]!.startedAtMs - enqueuedAtMs)
  }
  return latencies
}

async function fill(server: AsyncServer): Promise<void> {
  await pause(server)
  await enqueueMany(server, backlog)
}

async function drainPerSecond(server: AsyncServer): Promise<number> {
  await fill(server)
  const beganMs = performance.now()
  await resume(server)
  await untilDrained(server)
  return (backlog / (performance.now() - beganMs)) * 1000
}

async function load({ running }: AsyncServer): Promise<Load> {
  const printed = await runClient('./steady-client.ts', [
    `${running.url}/hello`,
    requestsPerSecond,
    loadSeconds,
  ])
  return JSON.parse(printed)
}

function loadRow(name: string, loads: readonly Load[]) {
  return {
    name,
    figures: {
      'p50 ms': figureOf(loads.map((one) => one.p50Ms)),
      'p99 ms': figureOf(loads.map((one) => one.p99Ms)),
      failures: loads.reduce((sum, one) => sum + one.failures, 0),
    },
  }
}
