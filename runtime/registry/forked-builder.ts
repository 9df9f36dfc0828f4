import { type ChildProcess, fork } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { IsoletteError } from '../model/errors.ts'
import { fixedLimits } from '../model/limits.ts'
import type { Build, BuildRequest } from './build.ts'
import type { BuilderOptions } from './builder-client.ts'
import type { FromBuilder, ToBuilder } from './builder-protocol.ts'
import { evaluationTooLong } from './check-bundle.ts'
import { RunningBuild } from './running-build.ts'

/** One builder process, from its start to its end. It ends by itself when this process does. */
export class ForkedBuilder {
  readonly #child: ChildProcess
  readonly #options: Required<BuilderOptions>
  readonly #exited: Promise<unknown>
  #hasEnded = false
  #running: RunningBuild | null = null
  #complaint = ''

  constructor(options: Required<BuilderOptions>) {
    this.#options = options
    // The extension of this file: TypeScript in a checkout, JavaScript in the package.
    const program = new URL(`./builder-process${extname(import.meta.url)}`, import.meta.url)
    this.#child = fork(fileURLToPath(program), [], {
      execArgv: ['--no-node-snapshot'],
      // A build depends on the function's files alone.
      env: {},
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      // In a process group of its own: esbuild's process ends with it, and Ctrl-C is not for it.
      detached: true,
    })
    const { pid } = this.#child
    if (pid !== undefined) options.onStarted(pid)
    this.#exited = new Promise((resolve) => this.#child.once('close', resolve).once('error', resolve))
    this.#child.on('message', (message) => this.#receive(message as FromBuilder))
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-2000)
    })
    this.#child.once('error', (error) => this.#noteEnd(error.message))
    this.#child.once('close', (code, signal) => {
      if (pid !== undefined) options.onEnded(pid)
      this.#noteEnd(signal ?? `exit code ${code}`)
    })
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** @throws IsoletteError what `Builder.build` throws, `internal_error` if the process cannot work */
  async build(request: BuildRequest): Promise<Build> {
    const running = new RunningBuild(request)
    this.#running = running
    running.failAfter(this.#options.deadlineMs, `building took longer than ${this.#options.deadlineMs} ms`)
    const message: ToBuilder = { kind: 'build', request }
    // An error here is followed by the end of the process.
    this.#child.send(message, () => {})
    try {
      return await running.result
    } finally {
      this.#running = null
      if (running.isOverdue) await this.end()
    }
  }

  /** Kills the process, with what it started. Resolves when it is gone. */
  async end(): Promise<void> {
    if (!this.#hasEnded && this.#child.pid !== undefined) {
      this.#hasEnded = true
      process.kill(-this.#child.pid, 'SIGKILL')
    }
    await this.#exited
  }

  #receive(message: FromBuilder): void {
    const running = this.#running
    if (running === null) return
    switch (message.kind) {
      case 'evaluating':
        running.noteEvaluating(message.main)
        running.failAfter(fixedLimits.maxEvaluationMs + this.#options.evaluationGraceMs, evaluationTooLong)
        break
      case 'built':
        running.resolve(message.build)
        break
      case 'refused':
        running.reject(new IsoletteError(message.code, message.message, { details: { ...message.details } }))
    }
  }

  #noteEnd(how: string): void {
    this.#hasEnded = true
    this.#running?.rejectAfterEnd(how, this.#complaint)
  }
}
