import * as z from 'zod'
import { formatWeights, parseWeights } from '../../model/alias.ts'
import type { AliasRecord } from '../../model/function.ts'
import { checkName } from '../../model/name.ts'
import { command, json } from '../command.ts'
import type { AliasAnswer, Removed } from '../protocol.ts'
import { flag } from '../query.ts'
import { needFunction } from './functions.ts'

const weights = z.strictObject({ weights: z.record(z.string(), z.number({ error: 'a number from 0 to 1' })) })

export const aliasCommands = [
  command({
    method: 'GET',
    path: '/v1/functions/:name/aliases',
    description: 'The aliases of a function, with what they pointed at before.',
    run({ registry }, { params }) {
      const { name, aliases } = needFunction(registry, params.name)
      return json({
        aliases: Object.entries(aliases).map(([alias, record]) => toAnswer(name, alias, record)),
      })
    },
  }),

  command({
    method: 'PUT',
    path: '/v1/functions/:name/aliases/:alias',
    description:
      'Point an alias at published versions: `{"weights":{"3":0.95,"4":0.05}}`, summing to exactly 1.',
    body: weights,
    async run({ registry, changes }, { params, body }) {
      const { name, alias } = checkAliasPath(params)
      const targets = parseWeights(alias, body.weights)
      const { value, workers } = await changes.run(() => registry.setAlias(name, alias, targets))
      return json({ ...toAnswer(name, alias, value), workers })
    },
  }),

  command({
    method: 'DELETE',
    path: '/v1/functions/:name/aliases/:alias',
    description: 'Remove an alias; with `force=true` also while a route names it.',
    query: z.strictObject({ force: flag }),
    async run({ registry, changes }, { params, query }) {
      const { name, alias } = checkAliasPath(params)
      const { workers } = await changes.run(() => registry.removeAlias(name, alias, query))
      const removed: Removed = { removed: `${name}:${alias}`, workers }
      return json(removed)
    },
  }),

  command({
    method: 'POST',
    path: '/v1/functions/:name/aliases/:alias/rollback',
    description: 'Point an alias where it pointed before its last change.',
    async run({ registry, changes }, { params }) {
      const { name, alias } = checkAliasPath(params)
      const { value, workers } = await changes.run(() => registry.rollback(name, alias))
      return json({ ...toAnswer(name, alias, value), workers })
    },
  }),
]

function checkAliasPath(params: { readonly name: string; readonly alias: string }) {
  return { name: checkName('function', params.name), alias: checkName('alias', params.alias) }
}

function toAnswer(name: string, alias: string, record: AliasRecord): AliasAnswer {
  return {
    function: name,
    alias,
    weights: formatWeights(record.targets),
    history: record.history.map(formatWeights),
  }
}
