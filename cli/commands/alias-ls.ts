import type { AliasAnswer } from '../../runtime/index.ts'
import { adminPath } from '../admin-client.ts'
import { defineCommand } from '../command.ts'
import { exitCodes } from '../failure.ts'
import { print, printJson } from '../print.ts'
import { formatTable } from '../table.ts'
import { formatWeights } from '../weights.ts'

export const command = defineCommand({
  usage: 'alias ls <function>',
  description: 'Lists the aliases of a function, with the weights before the last change.',
  examples: ['isolette alias ls hello'],
  options: {},
  positionals: [1, 1],
  async run({ positionals, client, json }) {
    const path = adminPath`/v1/functions/${positionals[0]!}/aliases`
    const answer = await client.ask<{ readonly aliases: readonly AliasAnswer[] }>('GET', path)
    if (json) printJson(answer)
    else {
      const rows = answer.aliases.map(({ alias, weights, history }) => [
        alias,
        formatWeights(weights),
        history[0] === undefined ? '-' : formatWeights(history[0]),
      ])
      print(formatTable(['ALIAS', 'WEIGHTS', 'BEFORE'], rows))
    }
    return exitCodes.ok
  },
})
