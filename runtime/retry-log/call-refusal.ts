import type { CallId } from '../model/call.ts'
import { IsoletteError } from '../model/errors.ts'

/** What people may want to do with a call, and in which states that can be done. */
const statesFor = {
  stop: 'Enqueued, Running or Retrying',
  redrive: 'Failed, Expired or Stopped',
  remove: 'Succeeded, Failed, Expired or Stopped',
} as const

export type CallChange = keyof typeof statesFor

export function wrongState(change: CallChange, id: CallId, state: string): IsoletteError {
  const problem = `it is ${state}, must be ${statesFor[change]}`
  return new IsoletteError('invocation_state', `Cannot ${change} the call ${id}: ${problem}`, {
    details: { id },
  })
}

export function unknownCall(change: CallChange, id: CallId): IsoletteError {
  return new IsoletteError('invocation_not_found', `Cannot ${change} the call ${id}: it is not known`, {
    details: { id },
  })
}
