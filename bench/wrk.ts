import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface WrkResult {
  readonly requestsPerSecond: number
  readonly requests: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Answers that were not 2xx or 3xx, and socket errors. */
  readonly failures: number
}

export interface WrkOptions {
  readonly url: string
  readonly core: number
  readonly connections: number
  readonly seconds: number
  /** A Lua file that tells wrk what to ask for. */
  readonly script?: string
}

/** Loads `url` with wrk, pinned to a core. @throws Error that says how to get wrk if it is not there */
export async function wrk({ url, core, connections, seconds, script }: WrkOptions): Promise<WrkResult> {
  const load = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency']
  if (script !== undefined) load.push('-s', script)
  const args = ['-c', String(core), 'wrk', ...load, url]
  let output: string
  try {
    output = (await run('taskset', args)).stdout
  } catch (cause) {
    throw new Error('Cannot run wrk: install it (Debian: apt-get install wrk) and util-linux for taskset', {
      cause,
    })
  }
  const [, connect = 0, read = 0, write = 0, timeout = 0] =
    /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(output)?.map(Number) ?? []
  return {
    requestsPerSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]),
    requests: Number(/(\d+) requests in/.exec(output)?.[1]),
    p50Ms: milliseconds(/50%\s+([\d.]+)(us|ms|s)/.exec(output)),
    p99Ms: milliseconds(/99%\s+([\d.]+)(us|ms|s)/.exec(output)),
    failures:
      Number(/Non-2xx or 3xx responses: (\d+)/.exec(output)?.[1] ?? 0) + connect + read + write + timeout,
  }
}

function milliseconds(match: RegExpExecArray | null): number {
  const factors: Record<string, number> = { us: 0.001, ms: 1, s: 1000 }
  return Number(match?.[1]) * (factors[match?.[2] ?? ''] ?? Number.NaN)
}
