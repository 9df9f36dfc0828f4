import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { LaneRequest } from './lane-process.ts'
import type { TestResult } from './subtest.ts'
import type { TargetName } from './target.ts'

const script = fileURLToPath(new URL('./lane-process.ts', import.meta.url))
/** What a process may take beyond a test's own time before it counts as stuck. */
const graceMs = 30_000

/** A process that runs tests one at a time. One that a test brought down is replaced. */
export class Lane {
  readonly #target: TargetName
  #child: ChildProcess | null = null

  constructor(target: TargetName) {
    this.#target = target
  }

  /** @throws Error if no process can be started */
  async run(request: LaneRequest): Promise<TestResult> {
    const child = this.#child ?? (await this.#start())
    const { promise, resolve } = Promise.withResolvers<TestResult>()
    const onExit = (code: number | null, signal: string | null): void => {
      this.#child = null
      resolve({ status: 'crashed', message: `The process ended with ${signal ?? code}`, subtests: [] })
    }
    child.once('exit', onExit)
    child.once('message', resolve)
    const timer = setTimeout(() => child.kill('SIGKILL'), request.timeoutMs + graceMs)
    child.send(request)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      child.off('exit', onExit)
      child.off('message', resolve)
    }
  }

  close(): void {
    this.#child?.disconnect()
    this.#child = null
  }

  async #start(): Promise<ChildProcess> {
    const child = fork(script, [this.#target], {
      // isolated-vm needs the first.
      execArgv: ['--no-node-snapshot', '--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const [first] = await Promise.race([once(child, 'message'), once(child, 'exit')])
    if (first !== 'ready') throw new Error(`Cannot start a process that runs tests: it ended with ${first}`)
    this.#child = child
    return child
  }
}
