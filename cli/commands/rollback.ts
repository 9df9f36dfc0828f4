import { adminPath } from '../admin-client.ts'
import type { ChangedAlias } from '../alias-format.ts'
import { formatAlias } from '../alias-format.ts'
import { defineCommand } from '../command.ts'
import { exitCodes } from '../failure.ts'
import { print, printJson } from '../print.ts'
import { warnOfLaggards } from '../spread.ts'

export const command = defineCommand({
  usage: 'rollback <function> [alias]',
  description:
    'Points an alias, live if none is named, where it pointed before its last change. 10 steps are kept.',
  examples: ['isolette rollback hello', 'isolette rollback hello beta'],
  options: {},
  positionals: [1, 2],
  async run({ positionals, client, json }) {
    const [name, alias = 'live'] = positionals as [string, string?]
    const path = adminPath`/v1/functions/${name}/aliases/${alias}/rollback`
    const answer = await client.ask<ChangedAlias>('POST', path)
    warnOfLaggards(answer.workers)
    if (json) printJson(answer)
    else print(formatAlias(answer))
    return exitCodes.ok
  },
})
