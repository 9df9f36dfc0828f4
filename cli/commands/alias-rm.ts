import type { Removed } from '../../runtime/index.ts'
import { adminPath } from '../admin-client.ts'
import { defineCommand } from '../command.ts'
import { exitCodes } from '../failure.ts'
import { print, printJson } from '../print.ts'
import { warnOfLaggards } from '../spread.ts'

export const command = defineCommand({
  usage: 'alias rm <function> <alias> [--force]',
  description: `Removes an alias.

  --force   even while a route names it`,
  examples: ['isolette alias rm hello beta'],
  options: { force: { type: 'boolean' } },
  positionals: [2, 2],
  async run({ values, positionals, client, json }) {
    const [name, alias] = positionals as [string, string]
    const path = adminPath`/v1/functions/${name}/aliases/${alias}?force=${String(values.force === true)}`
    const answer = await client.ask<Removed>('DELETE', path)
    warnOfLaggards(answer.workers)
    if (json) printJson(answer)
    else print(`removed ${answer.removed}`)
    return exitCodes.ok
  },
})
