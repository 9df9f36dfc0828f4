import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { defaultTimings, type FleetTimings } from '../../router/fleet/fleet-timings.ts'
import type { ServerOptions } from '../../router/options.ts'
import { resolveOptions } from '../../router/options.ts'
import { identifyProcess } from '../../router/process-identity.ts'
import type { ProvisionedVersion } from '../../runtime/model/provision-spread.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** Long enough for two busy cores; only a failing test waits for it. */
export const deadlineMs = 30_000

/** What one process has compiled no other need: on a busy machine that takes seconds. */
const compiled = mkdtempSync(join(tmpdir(), 'isolette-compiled-'))
process.on('exit', () => rmSync(compiled, { recursive: true, force: true }))

export interface WorkerAnswer {
  readonly pid: number
  readonly index: number
  readonly revision: number
  readonly quarantine: readonly string[]
  readonly provisioned: readonly ProvisionedVersion[]
  readonly followsAll: boolean
  /** Files with compiled modules that were there when it began to listen. */
  readonly compiledModules: number
}

interface Launch {
  readonly options?: Partial<ServerOptions>
  readonly timings?: Partial<FleetTimings>
  readonly env?: Record<string, string>
  /** Begins without compiled modules, as a new data directory does. */
  readonly compilesAnew?: boolean
}

interface Test {
  after(done: () => void): void
}

/** A supervisor of fixture workers, in a process of its own, which the test may treat as badly as it likes. */
export class SupervisorProcess {
  readonly child: ChildProcess
  readonly dataDir: string
  /** Settles when the process has ended and all that it said was read: workers that outlive it share its stderr. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
  stdout = ''
  stderr = ''
  #lastCallId = 0

  constructor(t: Test, { options = {}, timings = {}, env = {}, compilesAnew = false }: Launch = {}) {
    t.after(async () => {
      const exited = once(this.child, 'exit')
      if (this.child.kill('SIGKILL')) await exited
    })
    this.dataDir = options.dataDir ?? temporaryDirectory(t)
    if (!compilesAnew) shareCompiled(this.dataDir)
    const flags = { data: this.dataDir, port: '0', workers: '2', 'log-level': 'info' }
    const resolved = resolveOptions({ flags, env: {}, cwd: this.dataDir, readFile: () => null })
    const argument = {
      options: { ...resolved, ...options },
      // Silence is not what most tests are about, and on a busy machine even a healthy worker is silent at times.
      timings: { ...defaultTimings, heartbeatMs: 50, silenceMs: deadlineMs, lingerMs: 200, ...timings },
      workerEntry: path('./fixtures/worker.ts'),
    }
    this.child = fork(path('./fixtures/supervisor.ts'), [JSON.stringify(argument)], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      execArgv: [],
      env: { ...process.env, NODE_COMPILE_CACHE: compiled, ...env },
    })
    this.child.stdout!.setEncoding('utf8').on('data', (text) => (this.stdout += text))
    this.child.stderr!.setEncoding('utf8').on('data', (text) => (this.stderr += text))
    this.ended = once(this.child, 'close').then(([code, signal]) => ({ code, signal }))
  }

  /** Starts one and waits for its line. */
  static async ready(t: Test, launch: Launch = {}): Promise<SupervisorProcess> {
    const supervisor = new SupervisorProcess(t, launch)
    await until(() => supervisor.stdout.includes('\n') || supervisor.child.exitCode !== null)
    if (supervisor.child.exitCode !== null) throw new Error(`Supervisor ended: ${supervisor.stderr}`)
    return supervisor
  }

  get origin(): string {
    return /http:\/\/\S+/.exec(this.stdout)![0]
  }

  /** One request over a new connection, or one of `agent`. */
  get(path = '/', agent: Agent = new Agent()): Promise<WorkerAnswer> {
    return new Promise((resolve, reject) => {
      const request = get(`${this.origin}${path}`, { agent }, async (response) => {
        let text = ''
        try {
          for await (const chunk of response.setEncoding('utf8')) text += chunk
          resolve(JSON.parse(text))
        } catch (error) {
          reject(error)
        }
      })
      request.on('error', reject)
    })
  }

  /** Calls a method of the fleet. */
  async call<T>(method: string, ...args: unknown[]): Promise<T> {
    const id = ++this.#lastCallId
    const answered = new Promise<{ value: T; error?: { code: string; message: string } }>(
      (resolve, reject) => {
        const listener = (message: { id: number; value: T; error?: { code: string; message: string } }) => {
          if (message.id !== id) return
          this.child.off('message', listener)
          resolve(message)
        }
        this.child.on('message', listener)
        void this.ended.then(() => reject(new Error('The supervisor ended')))
      },
    )
    this.child.send({ id, method, args })
    const { value, error } = await answered
    if (error !== undefined) throw Object.assign(new Error(error.message), error)
    return value
  }

  /** Numbers of the workers' processes, by place. */
  async workerPids(): Promise<number[]> {
    return (await this.call<{ pid: number }[]>('members')).map(({ pid }) => pid)
  }
}

/** Every process that the supervisor started as a worker, ended or not. */
export function startedWorkers({ stderr }: SupervisorProcess): number[] {
  return [...stderr.matchAll(/"workerPid":(\d+),"msg":"worker started"/g)].map(([, pid]) => Number(pid))
}

/** Waits until a condition holds; rejects when it does not in time. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + deadlineMs
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error(`Still not after ${deadlineMs} ms: ${condition}`)
    await delay(10)
  }
}

/** Unlike `kill(pid, 0)` not fooled by orphans that ended, but that the system has not reaped yet. */
export function isAlive(pid: number): boolean {
  return identifyProcess(pid) !== null
}

function shareCompiled(dataDir: string): void {
  const link = join(dataDir, 'cache', 'compiled')
  if (existsSync(link)) return
  mkdirSync(join(dataDir, 'cache'), { recursive: true })
  symlinkSync(compiled, link)
}

function path(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url))
}
