import { cronLineForm, isCronLine, isTimeZone } from '../../model/cron-line.ts'
import type { ConfigProblem } from './config-problem.ts'

/** What is wrong with the times that the object at `path` names; null if nothing is. */
export function findCronProblem(
  path: readonly (string | number)[],
  { cron, timezone }: { readonly cron: string; readonly timezone: string },
): ConfigProblem | null {
  if (!isCronLine(cron)) {
    return { path: [...path, 'cron'], problem: `${JSON.stringify(cron)}, must be ${cronLineForm}` }
  }
  if (!isTimeZone(timezone)) {
    const problem = `${JSON.stringify(timezone)}, must be the name of a time zone, such as "Europe/Berlin"`
    return { path: [...path, 'timezone'], problem }
  }
  return null
}
