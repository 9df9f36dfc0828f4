import type { Trigger } from '../model/async-settings.ts'
import type { CallId } from '../model/call.ts'
import { IsoletteError } from '../model/errors.ts'
import type { FunctionRecord } from '../model/function.ts'
import { firingId } from '../model/trigger-key.ts'
import type { VersionLabel } from '../model/version.ts'
import type { RetryLog } from '../retry-log/retry-log.ts'
import type { ScheduleDecision } from './schedule-decision.ts'
import type { DueTime } from './trigger-times.ts'

export interface FiringParts {
  readonly log: Pick<RetryLog, 'append' | 'isOpen' | 'holds' | 'setTriggerMark'>
  /** The version for a new call. @throws IsoletteError if there is none */
  readonly pick: (functionName: string, qualifier: string) => VersionLabel
}

export interface Firing {
  readonly record: FunctionRecord
  readonly trigger: Trigger
  readonly key: string
  /** The time that was fired before; null = none. */
  readonly firedAtMs: number | null
  readonly due: DueTime
  /** Whether the trigger is still there. */
  readonly isWanted: () => boolean
}

export interface Fired {
  readonly decision: Exclude<ScheduleDecision, 'failed'>
  /** The call, if one was enqueued. */
  readonly callId: CallId | null
}

/**
 * Enqueues the call of a time that has come, or finds why there is to be none; either is on disk when it resolves. Null: the
 * trigger went meanwhile.
 *
 * @throws IsoletteError `retry_log_unavailable`; then nothing was decided
 */
export async function fire(parts: FiringParts, firing: Firing): Promise<Fired | null> {
  const { log } = parts
  const { record, key, firedAtMs, due, isWanted } = firing
  const mark = { functionName: record.name, key, untilMs: due.scheduledAtMs, firedAtMs }
  const found = await decide(parts, firing)
  if (!isWanted()) return null
  if (typeof found === 'string') {
    await log.setTriggerMark(mark)
    return { decision: found, callId: null }
  }
  const firedMark = { ...mark, firedAtMs: due.scheduledAtMs }
  const appended = await log.append(callOf(firing, found.version), firedMark)
  // It was enqueued before, and only the answer was lost.
  if (appended.kind === 'duplicate' && isWanted()) await log.setTriggerMark(firedMark)
  return { decision: 'fired', callId: appended.id }
}

async function decide(
  { log, pick }: FiringParts,
  { record, trigger, key, firedAtMs, due }: Firing,
): Promise<Exclude<ScheduleDecision, 'fired' | 'failed'> | { readonly version: VersionLabel }> {
  if (due.isTooLate) return 'missed'
  if (!trigger.overlap && firedAtMs !== null) {
    if (await log.isOpen(record.name, firingId(key, firedAtMs))) return 'overlap'
  }
  if ((await log.holds(record.name, null)) >= record.settings.async.maxQueued) return 'queue_full'
  try {
    return { version: pick(record.name, trigger.qualifier) }
  } catch (error) {
    if (error instanceof IsoletteError) return 'no_version'
    throw error
  }
}

function callOf({ record, trigger, key, due }: Firing, version: VersionLabel) {
  const { scheduledAtMs } = due
  return {
    functionName: record.name,
    qualifier: trigger.qualifier,
    version,
    event: { kind: 'scheduled', json: trigger.eventJson, cron: trigger.cron, scheduledAtMs },
    depth: 0,
    source: 'schedule',
    parentId: null,
    callerId: firingId(key, scheduledAtMs),
    delayMs: 0,
  } as const
}
