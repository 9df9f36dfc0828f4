import { durationForm, parseDuration } from '../runtime/index.ts'
import { usageFailure } from './failure.ts'

/** Milliseconds of an option like `--delay 5m`. @throws Failure */
export function readDuration(option: string, text: string): number {
  const ms = parseDuration(text)
  if (ms !== null) return ms
  throw usageFailure(`Cannot read --${option} ${JSON.stringify(text)}: must be ${durationForm}`)
}
