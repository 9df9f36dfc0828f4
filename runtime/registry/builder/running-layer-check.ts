import { IsoletteError } from '../../model/errors.ts'
import type { BuildProblem } from '../bundling/build-problems.ts'
import { evaluationTooLong } from './check-bundle.ts'
import { WorkResult } from './work-result.ts'

/** The check of a layer that a builder process works on, as its client sees it. */
export class RunningLayerCheck {
  readonly result = new WorkResult<readonly string[]>()
  readonly #reference: string
  #isEvaluating = false

  constructor(reference: string) {
    this.#reference = reference
  }

  failAfter(timeoutMs: number): void {
    this.result.failAfter(timeoutMs, () =>
      this.#failed('bad_layer', `not done after ${timeoutMs} ms, must take less`),
    )
  }

  /** From now on the layer's own code runs, and is to blame. */
  noteEvaluating(timeoutMs: number): void {
    this.#isEvaluating = true
    this.result.failAfter(timeoutMs, () => blame(evaluationTooLong))
  }

  /** Its process is gone. */
  rejectAfterEnd(how: string): void {
    this.result.reject(
      this.#isEvaluating
        ? blame(`top-level evaluation ended the process that checked it (${how})`)
        : this.#failed('internal_error', `the builder ended (${how})`),
    )
  }

  #failed(code: 'bad_layer' | 'internal_error', problem: string): IsoletteError {
    return new IsoletteError(code, `Cannot check what layer ${this.#reference} preloads: ${problem}`)
  }
}

function blame(message: string): IsoletteError {
  return new IsoletteError('build_failed', message, { details: { problems: [] } })
}

/** What its maker is told of a layer that also ends the build of a function, which may have other layers. */
export function cannotPreload(reference: string, { message, details }: IsoletteError): string {
  const problems = details.problems as readonly BuildProblem[]
  const isMissing =
    problems.length > 0 && problems.every(({ message }) => message.startsWith('Cannot resolve '))
  const unless = isMissing ? ' without another layer that has it' : ''
  return `Cannot preload layer ${reference}: ${message}; functions that list it cannot be deployed${unless}`
}
