import { reportUncaught } from '../invocation/report-uncaught.ts'
import { needArguments } from '../language/web-idl.ts'

/** HTML's `reportError`: treats `thrown` as if nobody had caught it. */
export function reportError(thrown: unknown): void {
  needArguments(arguments.length, 1, 'report an error')
  reportUncaught(thrown)
}
