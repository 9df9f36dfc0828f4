import { type AliasTargets, formatWeights } from '../model/alias.ts'
import { findAlias, pointAlias, rollBackAlias, versionsOf } from '../model/alias-record.ts'
import { IsoletteError } from '../model/errors.ts'
import type { AliasRecord, FunctionRecord } from '../model/function.ts'
import { checkName } from '../model/name.ts'
import { defaultAlias } from '../model/qualifier.ts'
import { formatRoute, routesOf } from '../model/route.ts'
import type { VersionId } from '../model/version.ts'
import type { RegistryDraft } from './registry-draft.ts'

export function setAlias(
  draft: RegistryDraft,
  functionName: string,
  alias: string,
  targets: AliasTargets,
): AliasRecord {
  checkName('alias', alias)
  const record = draft.requireFunction(functionName)
  const old = findAlias(record, alias)
  const pointed = pointAlias(old, targets)
  if (pointed !== old) putAliases(draft, record, { ...record.aliases, [alias]: pointed })
  return pointed
}

export function rollback(draft: RegistryDraft, functionName: string, alias: string): AliasRecord {
  const record = draft.requireFunction(functionName)
  const restored = rollBackAlias(requireAlias(record, alias))
  if (restored === null) {
    throw new IsoletteError(
      'nothing_to_roll_back',
      `Cannot roll back alias ${JSON.stringify(alias)} of ${functionName}: it has no earlier record, must have at least one`,
    )
  }
  putAliases(draft, record, { ...record.aliases, [alias]: restored })
  return restored
}

export function removeAlias(
  draft: RegistryDraft,
  functionName: string,
  alias: string,
  options: { readonly force: boolean },
): void {
  const record = draft.requireFunction(functionName)
  requireAlias(record, alias)
  const routes = routesOf(functionName, record.routes).filter(
    (route) => (route.qualifier ?? defaultAlias) === alias,
  )
  if (routes.length > 0 && !options.force) {
    const shown = routes.map(formatRoute)
    throw new IsoletteError(
      'in_use',
      `Cannot remove alias ${JSON.stringify(alias)} of ${functionName}: in use by route ${shown.join(', route ')}, must be unused`,
      { details: { routes: shown } },
    )
  }
  const { [alias]: _, ...others } = record.aliases
  putAliases(draft, record, others)
}

/** Stores the aliases of a function with the ids of exactly the versions they name. @throws IsoletteError `version_not_found` */
export function putAliases(
  draft: RegistryDraft,
  record: FunctionRecord,
  aliases: Readonly<Record<string, AliasRecord>>,
): FunctionRecord {
  const versionIds: Record<number, VersionId> = {}
  for (const alias of Object.values(aliases)) {
    for (const version of versionsOf(alias)) {
      versionIds[version] = record.versionIds[version] ?? requireVersionId(draft, record.name, version)
    }
  }
  return draft.putFunction({ ...record, aliases, versionIds })
}

export function aliasSplit(functionName: string, alias: string, targets: AliasTargets): IsoletteError {
  const weights = formatWeights(targets)
  const shown = Object.entries(weights).map(([version, weight]) => `${version}=${weight}`)
  return new IsoletteError(
    'alias_split',
    `Cannot move alias ${JSON.stringify(alias)} of ${functionName}: it is split ${shown.join(' ')}, must be at one version unless forced`,
    { details: { alias, weights } },
  )
}

function requireAlias(record: FunctionRecord, alias: string): AliasRecord {
  const found = findAlias(record, alias)
  if (found === null) {
    throw new IsoletteError(
      'alias_not_found',
      `Cannot find alias ${JSON.stringify(alias.slice(0, 100))} of ${record.name}: must be one of its aliases`,
      { details: { aliases: Object.keys(record.aliases) } },
    )
  }
  return found
}

function requireVersionId(draft: RegistryDraft, functionName: string, version: number): VersionId {
  const published = draft.tables.versions.get([functionName, version])
  if (published === null) throw versionNotFound(functionName, version)
  return published.versionId
}

export function versionNotFound(functionName: string, version: number): IsoletteError {
  return new IsoletteError(
    'version_not_found',
    `Cannot find version ${version} of ${functionName}: must be one that was published`,
    { details: { function: functionName, version } },
  )
}
