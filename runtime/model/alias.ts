import { createHash } from 'node:crypto'
import { IsoletteError } from './errors.ts'

/** Weights are kept as whole numbers of 1/10 000, so that they sum exactly. */
export const weightUnit = 10_000

/** One version of an alias and its share. */
export interface AliasTarget {
  readonly version: number
  /** Share of the alias's invocations in 1/10 000; 0 is allowed. */
  readonly weightUnits: number
}

/** Where an alias points. Targets ascend by version; their weights sum to exactly `weightUnit`. */
export type AliasTargets = readonly AliasTarget[]

/**
 * Turns `{ "3": 0.95, "4": 0.05 }` into targets.
 *
 * @throws IsoletteError `bad_weights` unless each weight is 0..1 with at most four decimals and the sum is exactly 1.
 */
export function parseWeights(alias: string, weights: Readonly<Record<string, number>>): AliasTargets {
  const targets: AliasTarget[] = []
  let sumUnits = 0
  for (const [label, weight] of Object.entries(weights)) {
    if (!/^[1-9][0-9]{0,8}$/.test(label)) {
      throw badWeights(
        alias,
        ['weights', label],
        `${JSON.stringify(label)} is not a published version, must be a number from 1`,
      )
    }
    const weightUnits = Math.round(weight * weightUnit)
    // 0.1 * 10 000 is not exact in binary; anything a person writes with four decimals is this near.
    const isExact = Math.abs(weightUnits - weight * weightUnit) < 1e-6
    if (!(weight >= 0 && weight <= 1) || !isExact) {
      throw badWeights(
        alias,
        ['weights', label],
        `weights.${label} is ${weight}, must be 0 to 1 with at most 4 decimals`,
      )
    }
    targets.push({ version: Number(label), weightUnits })
    sumUnits += weightUnits
  }
  if (sumUnits !== weightUnit) {
    throw badWeights(alias, ['weights'], `weights sum to ${sumUnits / weightUnit}, must be exactly 1`)
  }
  return targets.sort((a, b) => a.version - b.version)
}

function badWeights(alias: string, path: readonly string[], problem: string): IsoletteError {
  return new IsoletteError('bad_weights', `Cannot set alias ${JSON.stringify(alias)}: ${problem}`, {
    details: { path: path.join('.') },
  })
}

/** The weights as people write them: `{ "3": 0.95, "4": 0.05 }`. */
export function formatWeights(targets: AliasTargets): Record<string, number> {
  return Object.fromEntries(targets.map((target) => [target.version, target.weightUnits / weightUnit]))
}

/**
 * The version whose share of the line 0..1 holds `point` (0 ≤ point < 1). Shares lie on the line in ascending order of
 * version, so raising the newest version's weight only moves points towards it.
 */
export function pickVersion(targets: AliasTargets, point: number): number {
  let units = point * weightUnit
  let last = 0
  for (const target of targets) {
    if (target.weightUnits === 0) continue
    last = target.version
    units -= target.weightUnits
    if (units < 0) return target.version
  }
  return last
}

/** A point on the line 0..1 that is the same for the same function, alias and key, everywhere and for ever. */
export function stickyPoint(functionName: string, alias: string, key: string): number {
  const digest = createHash('sha256').update(`${functionName}\n${alias}\n${key}`).digest()
  return digest.readUInt32BE(0) / 2 ** 32
}
