import { fixedLimits } from '../../model/limits.ts'
import type { GuestError } from '../../model/outcome.ts'
import type { PreparedIsolate } from '../prepared-isolate.ts'
import { guestStackOf } from './guest-stack.ts'
import { explainMissingWasm } from './missing-wasm.ts'

/** Why code could not be evaluated. */
export type LoadFailure =
  | { readonly kind: 'exception'; readonly error: GuestError }
  | { readonly kind: 'exceeded_cpu' | 'exceeded_memory'; readonly message: string }

/**
 * Evaluates code before there is a request, within `maxEvaluationMs` and the isolate's memory. After a failure the
 * isolate is the caller's to dispose.
 *
 * @param what is evaluated, as messages name it: `The module's top level`
 */
export function evaluateWithin(
  prepared: PreparedIsolate,
  what: string,
  evaluate: () => void,
): LoadFailure | null {
  let thrown: { readonly cause: unknown } | null = null as { readonly cause: unknown } | null
  const isInnocent = prepared.guarded(fixedLimits.maxEvaluationMs, () => {
    try {
      evaluate()
    } catch (cause) {
      thrown = { cause }
    }
  })
  if (!isInnocent)
    return { kind: 'exceeded_cpu', message: `${what} was stopped after ${fixedLimits.maxEvaluationMs} ms` }
  if (prepared.isolate.isDisposed) {
    const message = `${what} was stopped over limits.memoryMiB, ${prepared.memoryMiB} MiB`
    return { kind: 'exceeded_memory', message }
  }
  return thrown === null ? null : { kind: 'exception', error: explainMissingWasm(guestErrorOf(thrown.cause)) }
}

/** What isolated-vm makes of a guest's throw: an error of ours with the guest's text. */
function guestErrorOf(error: unknown): GuestError {
  if (!(error instanceof Error)) {
    const text = typeof error === 'string' ? error : 'The module threw something that is not an Error'
    return { name: 'Error', message: text.slice(0, maxTextLength), stack: '' }
  }
  const { name, message } = error
  return { name: textOf(name), message: textOf(message), stack: textOf(guestStackOf(error)) }
}

const maxTextLength = 8192

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, maxTextLength) : ''
}
