import { type ChildProcess, fork } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { IsoletteError } from '../../model/errors.ts'
import { fixedLimits } from '../../model/limits.ts'
import type { PackedLayer, PackRequest } from '../layers/pack-layer.ts'
import type { Build, BuildRequest } from './build.ts'
import type { BuilderOptions } from './builder-client.ts'
import type { FromBuilder, ToBuilder } from './builder-protocol.ts'
import { evaluationTooLong } from './check-bundle.ts'
import { errorOf, refusalOf } from './refusal.ts'
import { RunningBuild } from './running-build.ts'
import { cannotPreload, RunningLayerCheck } from './running-layer-check.ts'
import { RunningPack } from './running-pack.ts'
import type { WorkResult } from './work-result.ts'

/** One builder process, from its start to its end. It ends by itself when this process does. */
export class ForkedBuilder {
  readonly #child: ChildProcess
  readonly #options: Required<BuilderOptions>
  readonly #exited: Promise<unknown>
  #hasEnded = false
  /** Something went wrong in it that must not: esbuild's own process is gone, say. It would go on going wrong. */
  #isBroken = false
  #running: RunningBuild | RunningLayerCheck | RunningPack | null = null
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
    running.failAfter(this.#options.deadlineMs, `building took longer than ${this.#options.deadlineMs} ms`)
    this.#running = running
    return await this.#ask({ kind: 'build', request }, running.result)
  }

  /** @throws IsoletteError what `Builder.packLayer` throws */
  async packLayer(request: PackRequest): Promise<PackedLayer> {
    const running = new RunningPack(request)
    running.failAfter(this.#options.packDeadlineMs)
    this.#running = running
    return await this.#ask({ kind: 'pack', request }, running.result)
  }

  /** @throws IsoletteError what `Builder.checkLayer` throws */
  async checkLayer(reference: string): Promise<readonly string[]> {
    const { artifacts, cache, resolve } = this.#options.layers
    const layer = { layers: resolve([reference]), artifacts, cache }
    const running = new RunningLayerCheck(reference)
    running.failAfter(this.#options.packDeadlineMs)
    this.#running = running
    try {
      return await this.#ask({ kind: 'check', layer }, running.result)
    } catch (error) {
      if (error instanceof IsoletteError && error.code === 'build_failed')
        return [cannotPreload(reference, error)]
      throw error
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

  async #ask<T>(message: ToBuilder, result: WorkResult<T>): Promise<T> {
    this.#send(message)
    try {
      return await result.promise
    } finally {
      this.#running = null
      if (result.isOverdue || this.#isBroken) await this.end()
    }
  }

  #send(message: ToBuilder): void {
    // An error here is followed by the end of the process.
    this.#child.send(message, () => {})
  }

  #receive(message: FromBuilder): void {
    const running = this.#running
    if (running === null) return
    if (message.kind === 'refused') {
      this.#isBroken = message.refusal.code === 'internal_error'
      running.result.reject(errorOf(message.refusal))
    } else if (running instanceof RunningPack) {
      if (message.kind === 'packed') running.result.resolve(message.layer)
    } else if (running instanceof RunningLayerCheck) {
      if (message.kind === 'evaluating') running.noteEvaluating(this.#maxEvaluationMs)
      if (message.kind === 'checked') running.result.resolve(message.warnings)
    } else {
      this.#receiveOfBuild(running, message)
    }
  }

  #receiveOfBuild(running: RunningBuild, message: FromBuilder): void {
    switch (message.kind) {
      case 'evaluating':
        running.noteEvaluating(message.main)
        running.failAfter(this.#maxEvaluationMs, evaluationTooLong)
        break
      case 'needs_layers':
        this.#send(this.#layersFor(message.references))
        break
      case 'built':
        running.result.resolve(message.build)
    }
  }

  get #maxEvaluationMs(): number {
    return fixedLimits.maxEvaluationMs + this.#options.evaluationGraceMs
  }

  #layersFor(references: readonly string[]): ToBuilder {
    const { artifacts, cache, resolve } = this.#options.layers
    try {
      return { kind: 'layers', layers: { layers: resolve(references), artifacts, cache } }
    } catch (error) {
      return { kind: 'no_layers', refusal: refusalOf(error, `find layers ${references.join(', ')}`) }
    }
  }

  #noteEnd(how: string): void {
    this.#hasEnded = true
    this.#running?.rejectAfterEnd(how, this.#complaint)
  }
}
