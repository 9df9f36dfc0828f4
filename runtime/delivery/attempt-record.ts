import type { Attempt, CallProgress } from '../model/call.ts'
import type { LogLine } from '../model/invocation.ts'
import { fixedLimits } from '../model/limits.ts'
import type { GuestError } from '../model/outcome.ts'
import type { AttemptResult } from './call-runner.ts'
import { cutText } from './cut-text.ts'
import type { Verdict } from './verdict.ts'

const { maxAttemptErrorBytes, maxAttemptLogBytes } = fixedLimits
const maxErrorNameBytes = 128
/** About what a line takes beside its text. */
const lineBytes = 32

/** An attempt that began. */
export type BegunResult = Extract<AttemptResult, { kind: 'ran' | 'lost' }>

/** When an attempt was given away, and when it was known to have ended: in log time. */
export interface AttemptTimes {
  readonly startedAtMs: number
  readonly endedAtMs: number
}

/** What is kept of an attempt, within its bounds. */
export function recordAttempt(
  result: BegunResult,
  { kind, outcome, status }: Verdict,
  progress: CallProgress,
  { startedAtMs, endedAtMs }: AttemptTimes,
): Attempt {
  const counts = kind === 'success' || kind === 'failure' || kind === 'final_failure'
  const number = progress.attempts + 1
  const { executedVersion } = result
  if (result.kind === 'lost') {
    const durationMs = endedAtMs - startedAtMs
    const message = 'The process that ran it died'
    return {
      number,
      counts,
      startedAtMs,
      durationMs,
      executedVersion,
      outcome,
      status,
      message,
      error: null,
      logLines: noLines,
    }
  }
  return {
    number,
    counts,
    startedAtMs: result.startedAtMs,
    durationMs: result.durationMs,
    executedVersion,
    outcome,
    status,
    error: result.error && cutError(result.error),
    message: result.message === null ? null : cutText(result.message, maxAttemptErrorBytes),
    logLines: lastLines(result.logLines),
  }
}

function cutError(error: GuestError): GuestError {
  const name = cutText(error.name, maxErrorNameBytes)
  let roomBytes = maxAttemptErrorBytes - Buffer.byteLength(name)
  const message = cutText(error.message, roomBytes)
  roomBytes -= Buffer.byteLength(message)
  return { name, message, stack: cutText(error.stack, roomBytes) }
}

const noLines: readonly LogLine[] = []

function lastLines(lines: readonly LogLine[]): readonly LogLine[] {
  if (lines.length === 0) return noLines
  const kept: LogLine[] = []
  let roomBytes: number = maxAttemptLogBytes
  for (let index = lines.length - 1; index >= 0 && roomBytes > lineBytes; index--) {
    const { timeMs, level, text } = lines[index]!
    const cut = cutText(text, roomBytes - lineBytes)
    roomBytes -= lineBytes + Buffer.byteLength(cut)
    kept.push({ timeMs, level, text: cut })
  }
  return kept.reverse()
}
