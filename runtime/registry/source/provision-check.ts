import type { PoolSettings } from '../../model/function.ts'
import { isName } from '../../model/name.ts'
import type { ConfigProblem } from './config-problem.ts'
import { findCronProblem } from './cron-check.ts'

/** The first thing that is wrong with `pool.provisioned` and `pool.schedule`; null if nothing is. */
export function findProvisionProblem(pool: PoolSettings): ConfigProblem | null {
  const inCounts = findCountProblem(['pool', 'provisioned'], pool.provisioned, pool.maxInstances)
  if (inCounts !== null) return inCounts
  for (const [index, { cron, timezone, provisioned }] of pool.schedule.entries()) {
    const path = ['pool', 'schedule', index]
    const inTimes = findCronProblem(path, { cron, timezone })
    if (inTimes !== null) return inTimes
    const inLine = findCountProblem([...path, 'provisioned'], provisioned, pool.maxInstances)
    if (inLine !== null) return inLine
  }
  return null
}

function findCountProblem(
  path: readonly (string | number)[],
  counts: Readonly<Record<string, number>>,
  maxInstances: number | null,
): ConfigProblem | null {
  let sum = 0
  for (const [qualifier, count] of Object.entries(counts)) {
    if (!canBeProvisioned(qualifier)) {
      return {
        path,
        key: qualifier,
        problem: 'unknown, must be an alias or the number of a published version',
      }
    }
    sum += count
  }
  if (maxInstances !== null && sum > maxInstances) {
    return { path, problem: `${sum} in all, must be at most pool.maxInstances, ${maxInstances}` }
  }
  return null
}

/** `$LATEST` and `latest` are no versions that stay: Lambda refuses them too. */
function canBeProvisioned(qualifier: string): boolean {
  return /^[1-9][0-9]{0,8}$/.test(qualifier) || (isName(qualifier) && qualifier !== 'latest')
}
