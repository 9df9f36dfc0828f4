import { hasVersion, withoutVersion } from '../model/alias-record.ts'
import { IsoletteError } from '../model/errors.ts'
import type { AliasRecord, FunctionRecord } from '../model/function.ts'
import { formatRoute } from '../model/route.ts'
import { putAliases, versionNotFound } from './alias-changes.ts'
import type { PublishedVersion } from './registry.ts'
import type { RegistryDraft } from './registry-draft.ts'

/** Gives `$LATEST` the next number, or finds the one that its content has. */
export function publish(
  draft: RegistryDraft,
  functionName: string,
): PublishedVersion & { readonly unchanged: boolean } {
  const { numbers, versions } = draft.tables
  const record = draft.requireFunction(functionName)
  const versionId = record.latest
  const number = numbers.get([functionName, versionId])
  if (number !== null) {
    return { functionName, version: number, ...versions.get([functionName, number])!, unchanged: true }
  }
  const version = record.lastVersion + 1
  const published = { versionId, publishedAtMs: draft.nowMs }
  versions.put([functionName, version], published)
  numbers.put([functionName, versionId], version)
  draft.uses.addAgain(versionId, { functionName, version })
  draft.putFunction({ ...record, lastVersion: version })
  return { functionName, version, ...published, unchanged: false }
}

export function removeVersion(
  draft: RegistryDraft,
  functionName: string,
  version: number,
  options: { readonly force: boolean },
): void {
  const record = draft.requireFunction(functionName)
  const published = draft.tables.versions.get([functionName, version])
  if (published === null) throw versionNotFound(functionName, version)
  if (!options.force) checkUnused(record, version)
  const aliases: Record<string, AliasRecord> = {}
  for (const [alias, old] of Object.entries(record.aliases)) {
    const kept = withoutVersion(old, version)
    if (kept !== null) aliases[alias] = kept
  }
  draft.tables.versions.remove([functionName, version])
  draft.tables.numbers.remove([functionName, published.versionId])
  draft.uses.remove(published.versionId, { functionName, version }, draft.nowMs)
  putAliases(draft, record, aliases)
}

function checkUnused(record: FunctionRecord, version: number): void {
  const aliases = Object.entries(record.aliases)
    .filter(([, alias]) => hasVersion(alias.targets, version))
    .map(([name]) => name)
  const routes = record.routes.filter((route) => route.qualifier === String(version)).map(formatRoute)
  const users = [...aliases.map((alias) => `alias ${alias}`), ...routes.map((route) => `route ${route}`)]
  if (users.length > 0) {
    throw new IsoletteError(
      'in_use',
      `Cannot remove version ${version} of ${record.name}: in use by ${users.join(', ')}, must be unused`,
      { details: { aliases, routes } },
    )
  }
}
