import { isDeepStrictEqual } from 'node:util'
import type { AliasTarget, AliasTargets } from './alias.ts'
import type { AliasRecord, FunctionRecord } from './function.ts'
import { fixedLimits } from './limits.ts'

/** The record of an alias, or null. Plain indexing would find `constructor` in every function. */
export function findAlias(record: FunctionRecord, alias: string): AliasRecord | null {
  return Object.hasOwn(record.aliases, alias) ? record.aliases[alias]! : null
}

/** Points an alias elsewhere; what it pointed at becomes the newest entry of its history. The same targets: no change. */
export function pointAlias(record: AliasRecord | null, targets: AliasTargets): AliasRecord {
  if (record === null) return { targets, history: [] }
  if (isDeepStrictEqual(record.targets, targets)) return record
  return { targets, history: [record.targets, ...record.history].slice(0, fixedLimits.maxAliasHistory) }
}

/**
 * The alias as it was before its last change, or null if that is not known. The record it leaves is not kept, so a second
 * rollback goes one further back instead of undoing the first.
 */
export function rollBackAlias(record: AliasRecord): AliasRecord | null {
  const [previous, ...history] = record.history
  return previous === undefined ? null : { targets: previous, history }
}

/**
 * The alias without a version that is being removed; null if nothing is left for it to point at. The removed version's
 * share goes to the target with the largest one (of equals the newest); earlier records that name the version are dropped.
 */
export function withoutVersion(record: AliasRecord, version: number): AliasRecord | null {
  const history = record.history.filter((targets) => !hasVersion(targets, version))
  if (!hasVersion(record.targets, version)) {
    return history.length === record.history.length ? record : { targets: record.targets, history }
  }
  const share = record.targets.find((target) => target.version === version)!.weightUnits
  const rest = record.targets.filter((target) => target.version !== version)
  const heir = rest.reduce<AliasTarget | null>(
    (best, target) => (target.weightUnits >= Math.max(best?.weightUnits ?? 0, 1) ? target : best),
    null,
  )
  if (heir === null) return null
  const targets = rest.map((target) =>
    target === heir ? { version: target.version, weightUnits: target.weightUnits + share } : target,
  )
  return { targets, history }
}

export function hasVersion(targets: AliasTargets, version: number): boolean {
  return targets.some((target) => target.version === version)
}

/** Whether more than one version gets requests. */
export function isSplit(targets: AliasTargets): boolean {
  return targets.filter((target) => target.weightUnits > 0).length > 1
}

/** All versions that an alias or its history names. */
export function versionsOf(record: AliasRecord): Set<number> {
  return new Set([record.targets, ...record.history].flat().map((target) => target.version))
}
