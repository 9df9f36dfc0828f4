/** What an isolate for each invocation costs: hello with `pool.model` `ephemeral` and `resident` in one worker on one core. */
import { fileURLToPath } from 'node:url'
import { deployMany } from './many-functions.ts'
import { treeCpuMs } from './pinned-process.ts'
import { figureOf, type Report, round } from './report.ts'
import { startIsolette } from './rivals/isolette.ts'
import { wrk } from './wrk.ts'

const rounds = 3
const connections = 8
const seconds = 4
const warmUpSeconds = 2
const serverCore = 1
const clientCore = 0

export async function measure(): Promise<Report> {
  const hello = fileURLToPath(new URL('../examples/hello', import.meta.url))
  const running = await startIsolette(serverCore, { path: hello, requestPath: '' })
  try {
    const settings = { pool: { model: 'ephemeral' } }
    const [name] = await deployMany(running.adminSocket, 1, { settings })
    const models = [
      new Model(`ephemeral, ${connections} connections`, `${running.url}/${name}`),
      new Model(`resident, ${connections} connections`, `${running.url}/hello`),
    ] as const
    for (const model of models) await model.load(warmUpSeconds)
    for (let round = 0; round < rounds; round++) {
      for (const model of round % 2 === 0 ? models : models.toReversed()) await model.sample(running.pid)
    }
    return {
      rows: models.map((model) => model.row()),
      verdicts: [
        {
          asked: '`ephemeral` model: at least 250 invocations a second on one core',
          measured: round(figureOf(models[0].requestsPerSecond).median),
        },
      ],
    }
  } finally {
    await running.stop()
  }
}

class Model {
  readonly requestsPerSecond: number[] = []
  readonly #name: string
  readonly #url: string
  readonly #cpuMs: number[] = []
  readonly #p50Ms: number[] = []
  readonly #p99Ms: number[] = []
  #failures = 0

  constructor(name: string, url: string) {
    this.#name = name
    this.#url = url
  }

  load(seconds: number) {
    return wrk({ url: this.#url, core: clientCore, connections, seconds })
  }

  /** `pid` is the supervisor's. */
  async sample(pid: number): Promise<void> {
    const beforeMs = treeCpuMs(pid)
    const { requestsPerSecond, requests, p50Ms, p99Ms, failures } = await this.load(seconds)
    this.#cpuMs.push((treeCpuMs(pid) - beforeMs) / requests)
    this.requestsPerSecond.push(requestsPerSecond)
    this.#p50Ms.push(p50Ms)
    this.#p99Ms.push(p99Ms)
    this.#failures += failures
  }

  row() {
    return {
      name: this.#name,
      figures: {
        'requests/s': figureOf(this.requestsPerSecond),
        'CPU ms/request': figureOf(this.#cpuMs),
        'p50 ms': figureOf(this.#p50Ms),
        'p99 ms': figureOf(this.#p99Ms),
        failures: this.#failures,
      },
    }
  }
}
