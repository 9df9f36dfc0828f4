/**
 * How fast 1 GiB streams into a function, out of it, and through it, against raw uWebSockets.js doing the same; and what
 * memory the worker takes for what passes through.
 */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { adminCall } from './admin-call.ts'
import { rssMiB } from './pinned-process.ts'
import { figureOf, type Report, type Row, round } from './report.ts'
import { type RunningIsolette, startIsolette } from './rivals/isolette.ts'
import { startRawUws } from './rivals/raw-uws.ts'
import type { RunningRival } from './rivals/rival.ts'

const bodyBytes = 1024 ** 3
const rounds = 5
const serverCore = 1
const clientCore = 0
const sampleEveryMs = 20

/** `through` comes first: what memory it takes is measured in a worker that has taken none yet. */
const directions = {
  through: { path: '/through', sentBytes: bodyBytes },
  in: { path: '/in', sentBytes: bodyBytes },
  out: { path: `/out?bytes=${bodyBytes}`, sentBytes: 0 },
} as const
type Direction = keyof typeof directions
const names = Object.keys(directions) as Direction[]

const client = fileURLToPath(new URL('./stream-client.ts', import.meta.url))
const app = fileURLToPath(new URL('./apps/streams', import.meta.url))
const raw = fileURLToPath(new URL('./rivals/raw-uws-streams-process.ts', import.meta.url))

/** MiB a second, by direction. */
type Samples = Record<Direction, number[]>

export async function measure(): Promise<Report> {
  const ours: Samples = { through: [], in: [], out: [] }
  const theirs: Samples = { through: [], in: [], out: [] }
  const extraMiB: number[] = []
  const measureOurs = async () => {
    await using running = disposable(await startIsolette(serverCore, { path: app, requestPath: '' }))
    for (const name of names) {
      using watch = await watchWorker(running)
      ours[name].push(await speed(running.url, name))
      if (name === 'through') extraMiB.push(watch.extraMiB)
    }
  }
  const measureTheirs = async () => {
    await using running = disposable(await startRawUws(serverCore, raw))
    for (const name of names) theirs[name].push(await speed(running.url, name))
  }
  for (let index = 0; index < rounds; index++) {
    for (const one of index % 2 === 0 ? [measureOurs, measureTheirs] : [measureTheirs, measureOurs])
      await one()
  }
  return {
    rows: [rowOf('isolette', ours), rowOf('raw uWebSockets.js', theirs)],
    verdicts: [
      ...names.map((name) => ({
        asked: `1 GiB ${name}: at least 0.5 of raw uWebSockets.js, one worker on one core`,
        measured: shareOf(ours[name], theirs[name]),
      })),
      {
        asked: '1 GiB through a function: less than 64 MiB of extra memory',
        measured: `${round(figureOf(extraMiB).median)} MiB (${round(Math.min(...extraMiB))}–${round(Math.max(...extraMiB))})`,
      },
    ],
  }
}

async function speed(origin: string, name: Direction): Promise<number> {
  const { path, sentBytes } = directions[name]
  const args = [
    '-c',
    String(clientCore),
    process.execPath,
    client,
    new URL(path, origin).href,
    String(sentBytes),
  ]
  const { stdout } = await promisify(execFile)('taskset', args)
  return bodyBytes / 1024 ** 2 / JSON.parse(stdout).seconds
}

/** Watches how much more resident memory the worker has than at the beginning. */
async function watchWorker({ adminSocket }: RunningIsolette): Promise<Disposable & { extraMiB: number }> {
  const { workers } = (await adminCall(adminSocket, 'GET', '/v1/workers')) as { workers: { pid: number }[] }
  const pid = workers[0]!.pid
  const beforeMiB = rssMiB(pid)
  const watch = { extraMiB: 0, [Symbol.dispose]: () => clearInterval(timer) }
  const timer = setInterval(() => {
    watch.extraMiB = Math.max(watch.extraMiB, rssMiB(pid) - beforeMiB)
  }, sampleEveryMs)
  return watch
}

function rowOf(name: string, samples: Samples): Row {
  return {
    name,
    figures: Object.fromEntries(names.map((key) => [`${key}, MiB/s`, figureOf(samples[key])])),
  }
}

function shareOf(ours: readonly number[], theirs: readonly number[]): string {
  const ratios = ours.map((value, index) => value / theirs[index]!)
  return `${round(figureOf(ratios).median)} (${round(Math.min(...ratios))}–${round(Math.max(...ratios))})`
}

function disposable<Running extends RunningRival>(running: Running): Running & AsyncDisposable {
  return { ...running, [Symbol.asyncDispose]: () => running.stop() }
}
