import * as z from 'zod'
import { formatWeights } from '../../model/alias.ts'
import { IsoletteError } from '../../model/errors.ts'
import type { FunctionRecord } from '../../model/function.ts'
import { checkName } from '../../model/name.ts'
import { routesOf } from '../../model/route.ts'
import type { VersionManifest } from '../../model/version.ts'
import type { Registry } from '../../registry/registry.ts'
import { command, json } from '../command.ts'
import { refuseWhileHeld } from '../held-calls.ts'
import type { FunctionDetail, FunctionPage, FunctionSummary, Removed, VersionContent } from '../protocol.ts'
import { flag, limitUpTo } from '../query.ts'
import { shownSettings } from '../shown-settings.ts'

export const functionCommands = [
  command({
    method: 'GET',
    path: '/v1/functions',
    description: 'Functions in order of name, a page at a time: give the answer’s `cursor` for the next.',
    query: z.strictObject({ cursor: z.string().optional(), limit: limitUpTo(1000, 100) }),
    run({ registry }, { query }) {
      // One more than asked for tells whether there is a next page.
      const records = registry.listFunctions({ cursor: query.cursor ?? null, limit: query.limit + 1 })
      const functions = records.slice(0, query.limit).map(summarize)
      const page: FunctionPage = {
        functions,
        cursor: records.length > query.limit ? functions.at(-1)!.name : null,
      }
      return json(page)
    },
  }),

  command({
    method: 'GET',
    path: '/v1/functions/:name',
    description: 'One function, with its settings and what $LATEST is made of.',
    run({ registry }, { params }) {
      const record = needFunction(registry, params.name)
      const manifest = registry.getManifest(record.latest)
      const detail: FunctionDetail = {
        ...summarize(record),
        settings: shownSettings(record.settings),
        code: manifest && contentOf(manifest),
      }
      return json(detail)
    },
  }),

  command({
    method: 'DELETE',
    path: '/v1/functions/:name',
    description:
      'Remove a function; with `force=true` also while aliases, routes or asynchronous calls need it.',
    query: z.strictObject({ force: flag }),
    async run({ registry, changes, calls }, { params, query }) {
      const { name } = needFunction(registry, params.name)
      const { workers } = await changes.run(async () => {
        if (!query.force) await refuseWhileHeld(calls, name, null)
        return registry.removeFunction(name, query)
      })
      const removed: Removed = { removed: name, workers }
      return json(removed)
    },
  }),
]

/** @throws IsoletteError `bad_name`, `function_not_found` */
export function needFunction(registry: Registry, name: string): FunctionRecord {
  const record = registry.getFunction(checkName('function', name))
  if (record === null) {
    throw new IsoletteError(
      'function_not_found',
      `Cannot find function ${JSON.stringify(name)}: must be one that is deployed`,
    )
  }
  return record
}

function summarize(record: FunctionRecord): FunctionSummary {
  return {
    name: record.name,
    revision: record.revision,
    latest: record.latest,
    lastVersion: record.lastVersion,
    aliases: Object.fromEntries(
      Object.entries(record.aliases).map(([alias, { targets }]) => [alias, formatWeights(targets)]),
    ),
    routes: routesOf(record.name, record.routes),
  }
}

function contentOf(manifest: VersionManifest): VersionContent {
  return {
    handlerKind: manifest.handlerKind,
    bundleBytes: manifest.bundleBytes,
    limits: manifest.limits,
    unsafe: manifest.unsafe ?? { wasm: false },
    envNames: Object.keys(manifest.env),
    bindings: manifest.bindings ?? {},
    layers: manifest.layers,
  }
}
