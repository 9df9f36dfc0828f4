import { isDeepStrictEqual } from 'node:util'
import { weightUnit } from '../model/alias.ts'
import { findAlias, isSplit } from '../model/alias-record.ts'
import { IsoletteError } from '../model/errors.ts'
import type { FunctionRecord } from '../model/function.ts'
import { parseLayerReference } from '../model/layer.ts'
import { checkName } from '../model/name.ts'
import { defaultAlias } from '../model/qualifier.ts'
import { formatRoute, routesOf } from '../model/route.ts'
import { parseRoutes } from '../model/route-pattern.ts'
import { aliasSplit, setAlias } from './alias-changes.ts'
import { requireLayer } from './layer-changes.ts'
import type { Holder } from './layer-holders.ts'
import type { Upload } from './registry.ts'
import type { RegistryDraft } from './registry-draft.ts'
import { versionsRange } from './store/tables.ts'
import { publish } from './version-changes.ts'

/** Makes the upload `$LATEST`; writes nothing if it already is, with the same settings and routes. */
export function upload(draft: RegistryDraft, { name, settings, manifest, ...rest }: Upload): FunctionRecord {
  checkName('function', name)
  const routes = parseRoutes(rest.routes)
  const old = draft.getFunction(name)
  const sameVersion = old?.latest === manifest.versionId
  const sameRoutes = old !== null && isDeepStrictEqual(old.routes, routes)
  if (old !== null && sameVersion && sameRoutes && isDeepStrictEqual(old.settings, settings)) return old
  if (!sameRoutes) {
    draft.replaceRoutes(name, {
      old: old === null ? [] : routesOf(name, old.routes),
      new: routesOf(name, routes),
    })
  }
  if (!sameVersion) {
    // What was removed since the function was built may be gone with its artifacts.
    for (const layer of manifest.layers) requireLayer(draft.tables, parseLayerReference(layer))
    // First the old one: of layers that both have, the new one is then the holder.
    if (old !== null) draft.uses.remove(old.latest, latestOf(name), draft.nowMs)
    draft.uses.add(manifest, latestOf(name))
  }
  return draft.putFunction({
    name,
    settings,
    routes,
    latest: manifest.versionId,
    lastVersion: old?.lastVersion ?? 0,
    aliases: old?.aliases ?? {},
    versionIds: old?.versionIds ?? {},
  })
}

/** Upload, publish, and `live` at the version. */
export function deploy(
  draft: RegistryDraft,
  uploaded: Upload,
  options: { readonly publish: boolean; readonly force: boolean },
): { readonly record: FunctionRecord; readonly version: number | null; readonly unchanged: boolean } {
  const record = upload(draft, uploaded)
  if (!options.publish) return { record, version: null, unchanged: !draft.hasChanged }
  const live = findAlias(record, defaultAlias)
  if (live !== null && isSplit(live.targets) && !options.force) {
    throw aliasSplit(record.name, defaultAlias, live.targets)
  }
  const { version } = publish(draft, record.name)
  setAlias(draft, record.name, defaultAlias, [{ version, weightUnits: weightUnit }])
  return { record: draft.requireFunction(record.name), version, unchanged: !draft.hasChanged }
}

/** Removes the function with its versions, aliases and routes; a later one of its name begins at version 1 again. */
export function removeFunction(
  draft: RegistryDraft,
  functionName: string,
  options: { readonly force: boolean },
): void {
  const record = draft.requireFunction(functionName)
  if (!options.force) checkUnused(record)
  draft.replaceRoutes(functionName, { old: routesOf(functionName, record.routes), new: [] })
  const { versions, numbers } = draft.tables
  // Read to the end first: LMDB moves records under a cursor that stands among those being removed.
  for (const { key, value } of [...versions.entries(versionsRange(functionName))]) {
    versions.remove(key)
    numbers.remove([functionName, value.versionId])
    draft.uses.remove(value.versionId, { functionName, version: key[1] }, draft.nowMs)
  }
  draft.uses.remove(record.latest, latestOf(functionName), draft.nowMs)
  draft.removeFunction(functionName)
}

function latestOf(functionName: string): Holder {
  return { functionName, version: '$LATEST' }
}

function checkUnused(record: FunctionRecord): void {
  const aliases = Object.keys(record.aliases)
  const routes = record.routes.map(formatRoute)
  const users = [...aliases.map((alias) => `alias ${alias}`), ...routes.map((route) => `route ${route}`)]
  if (users.length > 0) {
    throw new IsoletteError(
      'in_use',
      `Cannot remove function ${record.name}: in use by ${users.join(', ')}, must be unused`,
      { details: { aliases, routes } },
    )
  }
}
