import type { LoadFailure } from '../isolate/load-instance.ts'
import { fixedLimits, type Limits } from '../model/limits.ts'
import type { HandlerKind, UnsafeFeatures } from '../model/version.ts'
import { buildFailed } from './build-problems.ts'
import type { Bundle } from './bundle.ts'
import { findAuthorPosition } from './source-map-stack.ts'

/** A bundle that may become a version. */
export interface Candidate {
  readonly name: string
  /** The main module, to be blamed where nothing else can. */
  readonly main: string
  readonly bundle: Bundle
  readonly limits: Limits
  readonly unsafe: UnsafeFeatures
  readonly env: Readonly<Record<string, string>>
}

/** What became of a bundle in an isolate of its own. */
export type Evaluation = { readonly handlerKind: HandlerKind | '' } | LoadFailure

/** Compiles and evaluates a bundle within `maxEvaluationMs` in an isolate that is then thrown away. */
export type EvaluateBundle = (candidate: Candidate) => Evaluation

/**
 * Makes sure that a bundle compiles, evaluates in time and exports something that answers.
 *
 * @returns which export that is
 * @throws IsoletteError `build_failed` with the author's file, line and column
 */
export function checkBundle(candidate: Candidate, evaluate: EvaluateBundle): HandlerKind {
  const evaluation = evaluate(candidate)
  if ('handlerKind' in evaluation) {
    if (evaluation.handlerKind !== '') return evaluation.handlerKind
    throw refusal(
      candidate,
      'Cannot find a handler: must export default { fetch } or export function handler',
    )
  }
  switch (evaluation.kind) {
    case 'exceeded_cpu':
      throw refusal(candidate, evaluationTooLong)
    case 'exceeded_memory':
      throw refusal(
        candidate,
        `top-level evaluation used more than limits.memoryMiB, ${candidate.limits.memoryMiB} MiB`,
      )
    case 'exception': {
      const { name, message, stack } = evaluation.error
      // What does not compile has its place in the message only.
      const position = findAuthorPosition(`${message}\n${stack}`, candidate.bundle.sourceMap)
      const text = `${name}: ${message.replace(/ \[isolette:function:[0-9:]+\]$/, '')}`
      throw buildFailed([
        { ...(position ?? { file: candidate.main, line: null, column: null }), message: oneLine(text) },
      ])
    }
  }
}

/** Also what the builder's client says when it had to kill the process. */
export const evaluationTooLong = `top-level evaluation took longer than ${fixedLimits.maxEvaluationMs} ms`

function refusal({ main }: Candidate, message: string): Error {
  return buildFailed([{ file: main, line: null, column: null, message }])
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n\u2028\u2029]\s*/g, ' ').slice(0, 1000)
}
