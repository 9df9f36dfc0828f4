import { fileURLToPath } from 'node:url'
import { type AsyncServer, clientCore, pause, startAsync } from './async-server.ts'
import { treeCpuMs } from './pinned-process.ts'
import { figureOf, type Report, round } from './report.ts'
import { wrk } from './wrk.ts'

const rounds = 5
const connections = 256
const seconds = 4
const warmUpSeconds = 4

/** Durable 202s, and the same route answered synchronously, with requests of 1 KiB. */
export async function measureAccepting(): Promise<Report> {
  await using server = await startAsync()
  // What is delivered meanwhile would be measured with it.
  await pause(server)
  const [accepted, answered] = [new Load(server, 'later.lua'), new Load(server, 'now.lua')]
  for (const load of [accepted, answered]) await load.run(warmUpSeconds)
  for (let round = 0; round < rounds; round++) {
    for (const load of round % 2 === 0 ? [accepted, answered] : [answered, accepted]) await load.sample()
  }
  const perSecond = figureOf(accepted.perSecond)
  const ratios = figureOf(accepted.perSecond.map((rate, index) => rate / answered.perSecond[index]!))
  return {
    rows: [accepted.row('durable 202s'), answered.row('the same route synchronously')],
    verdicts: [
      {
        asked: `durable 202s over HTTP, ${connections} connections, 1 KiB, one worker on one core (here with its supervisor): at least 40 000 a second`,
        measured: `${round(perSecond.median)} (${round(perSecond.min)}–${round(perSecond.max)})`,
      },
      {
        asked: 'at least 0.35 of the same route answered synchronously',
        measured: `${round(ratios.median)} (${round(ratios.min)}–${round(ratios.max)})`,
      },
    ],
  }
}

class Load {
  readonly perSecond: number[] = []
  readonly #server: AsyncServer
  readonly #script: string
  readonly #cpuMicroseconds: number[] = []
  readonly #p50Ms: number[] = []
  readonly #p99Ms: number[] = []
  #failures = 0

  constructor(server: AsyncServer, script: string) {
    this.#server = server
    this.#script = fileURLToPath(new URL(`./apps/async/${script}`, import.meta.url))
  }

  run(seconds: number) {
    return wrk({ url: this.#server.url, core: clientCore, connections, seconds, script: this.#script })
  }

  async sample(): Promise<void> {
    const beforeMs = treeCpuMs(this.#server.running.pid)
    const { requestsPerSecond, requests, p50Ms, p99Ms, failures } = await this.run(seconds)
    this.#cpuMicroseconds.push(((treeCpuMs(this.#server.running.pid) - beforeMs) * 1000) / requests)
    this.perSecond.push(requestsPerSecond)
    this.#p50Ms.push(p50Ms)
    this.#p99Ms.push(p99Ms)
    this.#failures += failures
  }

  row(name: string) {
    return {
      name,
      figures: {
        'a second': figureOf(this.perSecond),
        'CPU µs each': figureOf(this.#cpuMicroseconds),
        'p50 ms': figureOf(this.#p50Ms),
        'p99 ms': figureOf(this.#p99Ms),
        failures: this.#failures,
      },
    }
  }
}
