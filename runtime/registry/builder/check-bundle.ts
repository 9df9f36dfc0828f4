import type { Loaded, LoadFailure } from '../../isolate/instance/load-instance.ts'
import { fixedLimits, type Limits } from '../../model/limits.ts'
import type { GuestError } from '../../model/outcome.ts'
import type { HandlerKind, UnsafeFeatures } from '../../model/version.ts'
import { buildFailed } from '../bundling/build-problems.ts'
import type { Bundle } from '../bundling/bundle.ts'
import { findAuthorPosition } from '../source-map-stack.ts'
import type { LayersOfBuild } from './layers-of-build.ts'

/** A bundle that may become a version. */
export interface Candidate {
  readonly name: string
  /** The main module, to be blamed where nothing else can. */
  readonly main: string
  readonly bundle: Bundle
  readonly limits: Limits
  readonly unsafe: UnsafeFeatures
  readonly env: Readonly<Record<string, string>>
  /** Null = it has none. */
  readonly layers: LayersOfBuild | null
}

/** What became of a bundle in an isolate of its own. */
export type Evaluation = Pick<Loaded, 'handlerKind' | 'otherHooks'> | LoadFailure

/** Compiles and evaluates a bundle within `maxEvaluationMs` in an isolate that is then thrown away. */
export type EvaluateBundle = (candidate: Candidate) => Evaluation

/** A bundle that can become a version. */
export interface CheckedBundle {
  readonly handlerKind: HandlerKind
  readonly warnings: readonly string[]
}

/**
 * Makes sure that a bundle compiles, evaluates in time and exports something that answers.
 *
 * @returns which export that is, and what its author is told
 * @throws IsoletteError `build_failed` with the author's file, line and column, or a layer's
 */
export function checkBundle(candidate: Candidate, evaluate: EvaluateBundle): CheckedBundle {
  const evaluation = evaluate(candidate)
  if ('handlerKind' in evaluation) {
    const { handlerKind, otherHooks } = evaluation
    if (handlerKind !== '') {
      const warnings = Array.from(
        otherHooks,
        (name) => `${candidate.main}: Cannot call ${name}: what is exported is no function, must be one`,
      )
      return { handlerKind, warnings }
    }
    throw refusal(
      candidate,
      'Cannot find a handler: must export default { fetch }, export function handler, or export default { scheduled }',
    )
  }
  switch (evaluation.kind) {
    case 'exceeded_cpu':
      throw refusal(candidate, evaluationTooLong)
    case 'exceeded_memory':
      throw refusal(candidate, tooMuchMemory(candidate))
    case 'exception': {
      const { message, stack } = evaluation.error
      const { sourceMap, layerScript } = candidate.bundle
      // What does not compile has its place in the message only.
      const position = findAuthorPosition(`${message}\n${stack}`, sourceMap, layerScript?.sourceMap)
      throw buildFailed([
        {
          ...(position ?? { file: candidate.main, line: null, column: null }),
          message: reasonOf(evaluation.error),
        },
      ])
    }
  }
}

/** Also what the builder's client says when it had to kill the process. */
export const evaluationTooLong = `top-level evaluation took longer than ${fixedLimits.maxEvaluationMs} ms`

function refusal({ main }: Candidate, message: string): Error {
  return buildFailed([{ file: main, line: null, column: null, message }])
}

export function tooMuchMemory({ limits }: { readonly limits: Pick<Limits, 'memoryMiB'> }): string {
  return `top-level evaluation used more than limits.memoryMiB, ${limits.memoryMiB} MiB`
}

/** What was thrown, in one line, without the place that V8 puts behind what does not compile. */
export function reasonOf({ name, message }: GuestError): string {
  return oneLine(`${name}: ${message.replace(/ \[isolette:(function|layers):[0-9:]+\]$/, '')}`)
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n\u2028\u2029]\s*/g, ' ').slice(0, 1000)
}
