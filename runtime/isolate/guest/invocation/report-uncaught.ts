import { log, logLevel } from '../host.ts'
import { currentRequestId } from './current-request.ts'
import { describeThrown } from './describe-thrown.ts'

/** Notes what a callback threw that nobody called: a timer, a microtask, an event listener. */
export function reportUncaught(thrown: unknown): void {
  log(currentRequestId(), logLevel.error, `Uncaught ${describeThrown(thrown).stack}`)
}
