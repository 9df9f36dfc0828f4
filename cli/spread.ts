import type { Spread } from '../runtime/index.ts'
import { printError } from './print.ts'

/** Says so where a change is made and stored, but not every worker has confirmed it in time. */
export function warnOfLaggards(workers: Spread | null): void {
  if (workers === null || workers.applied === workers.live) return
  printError(
    `isolette: ${workers.applied} of ${workers.live} workers serve the change; the others will follow`,
  )
}
