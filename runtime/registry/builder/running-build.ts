import { basename } from 'node:path'
import { IsoletteError } from '../../model/errors.ts'
import { buildFailed } from '../bundling/build-problems.ts'
import type { Build, BuildRequest } from './build.ts'
import { WorkResult } from './work-result.ts'

/** A build that a builder process works on, as its client sees it: how far it is, and when it is too late. */
export class RunningBuild {
  readonly result = new WorkResult<Build>()
  readonly #request: BuildRequest
  #main: string | null = null

  constructor(request: BuildRequest) {
    this.#request = request
  }

  /** From now on the function's own code runs, and is to blame. */
  noteEvaluating(main: string): void {
    this.#main = main
  }

  /** Replaces the limit set before. */
  failAfter(timeoutMs: number, problem: string): void {
    this.result.failAfter(timeoutMs, () => blame(this.#main ?? basename(this.#request.path), problem))
  }

  /** Its process is gone. */
  rejectAfterEnd(how: string, complaint: string): void {
    if (this.#main !== null) {
      this.result.reject(blame(this.#main, `top-level evaluation ended the process that checked it (${how})`))
      return
    }
    const shown = JSON.stringify(this.#request.path)
    this.result.reject(
      new IsoletteError('internal_error', `Cannot build ${shown}: the builder ended (${how})`, {
        details: { complaint },
      }),
    )
  }
}

function blame(file: string, message: string): IsoletteError {
  return buildFailed([{ file, line: null, column: null, message }])
}
