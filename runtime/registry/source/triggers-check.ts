import type { Trigger } from '../../model/async-settings.ts'
import { fixedLimits } from '../../model/limits.ts'
import { formatQualifier, isQualifier, parseQualifier } from '../../model/qualifier.ts'
import { triggerKey } from '../../model/trigger-key.ts'
import type { ConfigProblem } from './config-problem.ts'
import { findCronProblem } from './cron-check.ts'
import type { TriggersSection } from './triggers-schema.ts'

/** What `triggers` means, once `findTriggerProblem` has found nothing in it. */
export function readTriggers(section: TriggersSection): readonly Trigger[] {
  return section.map(readTrigger)
}

/** The first thing that is wrong with `triggers` beyond single values; null if nothing is. */
export function findTriggerProblem(section: TriggersSection): ConfigProblem | null {
  const seen = new Map<string, number>()
  let eventBytes = 0
  for (const [index, one] of section.entries()) {
    const path = ['triggers', index]
    const inTimes = findCronProblem(path, one)
    if (inTimes !== null) return inTimes
    if (!isQualifier(one.qualifier)) {
      const problem = `${JSON.stringify(one.qualifier)}, must be an alias, a version number or $LATEST`
      return { path: [...path, 'qualifier'], problem }
    }
    const trigger = readTrigger(one)
    const twin = seen.get(triggerKey(trigger))
    if (twin !== undefined) return { path, problem: `the same as triggers[${twin}], must be listed once` }
    seen.set(triggerKey(trigger), index)
    eventBytes += Buffer.byteLength(trigger.eventJson)
    if (eventBytes > fixedLimits.maxAsyncBytes) return tooMuch(index, eventBytes)
  }
  return null
}

function readTrigger({ event, qualifier, ...rest }: TriggersSection[number]): Trigger {
  return {
    ...rest,
    eventJson: JSON.stringify(event === undefined ? {} : event),
    qualifier: formatQualifier(parseQualifier(qualifier)),
  }
}

/** Together, for every worker holds the settings of the functions that it runs. */
function tooMuch(index: number, bytes: number): ConfigProblem {
  const upTo = index === 0 ? '' : ` with those before it`
  return {
    path: ['triggers', index, 'event'],
    problem: `${bytes} bytes as JSON${upTo}, must be at most ${fixedLimits.maxAsyncBytes}`,
  }
}
