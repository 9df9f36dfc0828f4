/**
 * What a preloaded layer saves a cold start: functions that import lodash from a layer, beside hello and beside the same
 * functions with lodash in their bundle. At the client, and in process (loading a version into a waiting isolate).
 */
import { execFileSync } from 'node:child_process'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { adminCall } from './admin-call.ts'
import { type LoadTimes, timeLoads } from './load-times.ts'
import { deployMany } from './many-functions.ts'
import { ascending, figureOf, median, quantile, type Report, round } from './report.ts'
import { startIsolette } from './rivals/isolette.ts'
import { TimedGet } from './timed-get.ts'

/** Of each kind. */
const functions = 100
const rounds = 3
/** Warm requests go on for this long between two cold ones: waiting isolates that evaluate lodash take 10 ms to make. */
const betweenMs = 60
const serverCore = 1

const kinds = ['hello', 'layer', 'bundled'] as const
type Kind = (typeof kinds)[number]
type Times = Readonly<Record<Kind, readonly number[]>>

export async function measure(): Promise<Report> {
  const atClient: Times[] = []
  const inProcess: LoadTimes<Kind>[] = []
  for (let round = 0; round < rounds; round++) {
    const { client, loads } = await measureOnce()
    atClient.push(client)
    inProcess.push(loads)
  }
  const figure = (times: readonly Times[], kind: Kind, share: number) =>
    figureOf(times.map((one) => quantile(ascending(one[kind]), share)))
  const ratio = (times: readonly Times[], over: Kind, under: Kind) =>
    figureOf(times.map((one) => median(one[over]) / median(one[under]))).median
  const names: Readonly<Record<Kind, string>> = {
    hello: 'hello',
    layer: 'lodash from a preloaded layer',
    bundled: 'lodash bundled',
  }
  return {
    rows: kinds.map((kind) => ({
      name: names[kind],
      figures: {
        'client p50 ms': figure(atClient, kind, 0.5),
        'client p99 ms': figure(atClient, kind, 0.99),
        'in process p50 ms': figure(inProcess, kind, 0.5),
      },
    })),
    verdicts: [
      {
        asked: 'cold start with lodash from a preloaded layer within 20 % of hello',
        measured: `${percent(ratio(atClient, 'layer', 'hello'))} more at the client, ${percent(ratio(inProcess, 'layer', 'hello'))} in process`,
      },
      {
        asked: 'at least 20 times faster in process than with lodash bundled',
        measured: `${round(ratio(inProcess, 'bundled', 'layer'))} times`,
      },
      {
        asked: 'at least 8 times faster at the client than with lodash bundled',
        measured: `${round(ratio(atClient, 'bundled', 'layer'))} times`,
      },
    ],
  }
}

async function measureOnce(): Promise<{ client: Times; loads: LoadTimes<Kind> }> {
  const hello = fileURLToPath(new URL('../examples/hello', import.meta.url))
  const running = await startIsolette(serverCore, { path: hello, requestPath: '' })
  try {
    const named = await deployKinds(running.adminSocket)
    const client = await callInTurn(running.url, named)
    const manifests = Object.fromEntries(kinds.map((kind) => [kind, named[kind].slice(0, 1)]))
    // Of this process, for what is loaded in it.
    execFileSync('taskset', ['-a', '-cp', String(serverCore), String(process.pid)], { stdio: 'ignore' })
    const loads = await timeLoads(running.dataDir, manifests as Record<Kind, string[]>, functions)
    execFileSync('taskset', ['-a', '-cp', `0-${serverCore}`, String(process.pid)], { stdio: 'ignore' })
    return { client, loads }
  } finally {
    await running.stop()
  }
}

async function deployKinds(adminSocket: string): Promise<Record<Kind, string[]>> {
  const lodash = fileURLToPath(new URL('../node_modules/lodash', import.meta.url))
  const layer = await mkdtemp(join(tmpdir(), 'isolette-bench-layer-'))
  try {
    await cp(lodash, join(layer, 'nodejs/node_modules/lodash'), { recursive: true })
    await adminCall(adminSocket, 'POST', '/v1/layers', { name: 'lodash', path: layer })
  } finally {
    await rm(layer, { recursive: true, force: true })
  }
  const moduleOf = (name: string) => `import _ from 'lodash'
export default { async fetch() { return new Response(_.upperFirst('hello from ${name}\\n')) } }
`
  const settings = { layers: ['lodash:1'] }
  return {
    hello: await deployMany(adminSocket, functions),
    layer: await deployMany(adminSocket, functions, { prefix: 'layer', moduleOf, settings }),
    bundled: await deployMany(adminSocket, functions, {
      prefix: 'bundled',
      moduleOf,
      packages: { lodash },
    }),
  }
}

/** One of each kind after the other, in an order that alternates. */
async function callInTurn(url: string, named: Readonly<Record<Kind, readonly string[]>>): Promise<Times> {
  const client = new TimedGet()
  const times: Record<Kind, number[]> = { hello: [], layer: [], bundled: [] }
  try {
    for (let request = 0; request < 200; request++) await client.run(`${url}/hello`)
    for (let index = 0; index < functions; index++) {
      for (const kind of index % 2 === 0 ? kinds : kinds.toReversed()) {
        // Long enough for the prewarm pool to be refilled: it is not to be empty.
        const untilMs = performance.now() + betweenMs
        while (performance.now() < untilMs) await client.run(`${url}/hello`)
        times[kind].push(await client.run(`${url}/${named[kind][index]!}`))
      }
    }
    return times
  } finally {
    client.close()
  }
}

function percent(ratio: number): string {
  return `${Math.round((ratio - 1) * 100)} %`
}
