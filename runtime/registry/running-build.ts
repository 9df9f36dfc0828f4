import { basename } from 'node:path'
import { IsoletteError } from '../model/errors.ts'
import type { Build, BuildRequest } from './build.ts'
import { buildFailed } from './build-problems.ts'

/** A build that a builder process works on, as its client sees it: how far it is, and when it is too late. */
export class RunningBuild {
  readonly result: Promise<Build>
  readonly #request: BuildRequest
  readonly #settle = Promise.withResolvers<Build>()
  #main: string | null = null
  #timer: NodeJS.Timeout | undefined
  #isOverdue = false

  constructor(request: BuildRequest) {
    this.#request = request
    this.result = this.#settle.promise
  }

  /** Whether it failed because its time was over: whatever its process still does is of no use. */
  get isOverdue(): boolean {
    return this.#isOverdue
  }

  /** From now on the function's own code runs, and is to blame. */
  noteEvaluating(main: string): void {
    this.#main = main
  }

  /** Replaces the limit set before. */
  failAfter(timeoutMs: number, problem: string): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#isOverdue = true
      this.reject(this.#blame(this.#main ?? basename(this.#request.path), problem))
    }, timeoutMs)
  }

  resolve(build: Build): void {
    clearTimeout(this.#timer)
    this.#settle.resolve(build)
  }

  reject(error: IsoletteError): void {
    clearTimeout(this.#timer)
    this.#settle.reject(error)
  }

  /** Its process is gone. */
  rejectAfterEnd(how: string, complaint: string): void {
    if (this.#main !== null) {
      this.reject(this.#blame(this.#main, `top-level evaluation ended the process that checked it (${how})`))
      return
    }
    const shown = JSON.stringify(this.#request.path)
    this.reject(
      new IsoletteError('internal_error', `Cannot build ${shown}: the builder ended (${how})`, {
        details: { complaint },
      }),
    )
  }

  #blame(file: string, message: string): IsoletteError {
    return buildFailed([{ file, line: null, column: null, message }])
  }
}
