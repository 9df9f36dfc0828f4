import { type AliasTargets, weightUnit } from './alias.ts'
import { findAlias } from './alias-record.ts'
import type { FunctionRecord } from './function.ts'
import { parseQualifier } from './qualifier.ts'

/** Instances of one published version that are kept ready. */
export interface ProvisionedVersion {
  readonly functionName: string
  readonly version: number
  readonly count: number
}

/**
 * The versions that the qualifiers mean now, in order of version. An alias is divided by its weights; what names nothing
 * gets nothing. In all never more than `pool.reserved` and `pool.maxInstances`: instances beyond them could take no
 * request, or may not be.
 */
export function provisionedVersions(
  record: FunctionRecord,
  counts: ReadonlyMap<string, number>,
): ProvisionedVersion[] {
  const byVersion = new Map<number, number>()
  const add = (version: number, count: number) => {
    if (count > 0) byVersion.set(version, (byVersion.get(version) ?? 0) + count)
  }
  for (const [text, count] of counts) {
    const qualifier = parseQualifier(text)
    if (qualifier.kind === 'version' && qualifier.version <= record.lastVersion) {
      add(qualifier.version, count)
    } else if (qualifier.kind === 'alias') {
      const { targets = [] } = findAlias(record, qualifier.alias) ?? {}
      divide(targets, count).forEach((part, index) => {
        add(targets[index]!.version, part)
      })
    }
  }
  const { reserved, maxInstances } = record.settings.pool
  let left = Math.min(reserved ?? Number.POSITIVE_INFINITY, maxInstances ?? Number.POSITIVE_INFINITY)
  const versions: ProvisionedVersion[] = []
  for (const [version, wanted] of [...byVersion].sort(([a], [b]) => a - b)) {
    const count = Math.min(wanted, left)
    left -= count
    if (count > 0) versions.push({ functionName: record.name, version, count })
  }
  return versions
}

/** Whole numbers in the proportion of the weights whose sum is `count`: the largest fractions are rounded up. */
function divide(targets: AliasTargets, count: number): number[] {
  const units = targets.map(({ weightUnits }) => count * weightUnits)
  const parts = units.map((unit) => Math.floor(unit / weightUnit))
  const byFraction = units
    .map((unit, index) => ({ index, fraction: unit % weightUnit }))
    .filter(({ fraction }) => fraction > 0)
    .sort((a, b) => b.fraction - a.fraction)
  let missing = count - parts.reduce((sum, part) => sum + part, 0)
  for (const { index } of byFraction) {
    if (missing-- <= 0) break
    parts[index]!++
  }
  return parts
}

/**
 * One list for each worker. Instances of a function go to one worker after the other, from `first` on, across its
 * versions: each worker has as many of the function as any other, or one more or less.
 */
export function spreadOver(
  workers: number,
  first: number,
  versions: readonly ProvisionedVersion[],
): ProvisionedVersion[][] {
  const lists: ProvisionedVersion[][] = Array.from({ length: workers }, () => [])
  let begun = first
  for (const version of versions) {
    const each = Math.floor(version.count / workers)
    const more = version.count % workers
    lists.forEach((list, worker) => {
      const place = (worker - (begun % workers) + workers) % workers
      const count = each + (place < more ? 1 : 0)
      if (count > 0) list.push({ ...version, count })
    })
    begun += version.count
  }
  return lists
}
