import { adminPath } from '../admin-client.ts'
import type { ChangedAlias } from '../alias-format.ts'
import { formatAlias } from '../alias-format.ts'
import { defineCommand } from '../command.ts'
import { exitCodes } from '../failure.ts'
import { print, printJson } from '../print.ts'
import { warnOfLaggards } from '../spread.ts'
import { parseWeightArguments } from '../weights.ts'

export const command = defineCommand({
  usage: 'alias set <function> <alias> <version>=<weight>...',
  description: `Points an alias at published versions. Weights are 0 to 1 with at most 4 decimals and sum to exactly 1;
a version of weight 0 gets only requests that ask for it.`,
  examples: ['isolette alias set hello live 3=0.95 4=0.05', 'isolette alias set hello live 4=1'],
  options: {},
  positionals: [3, Number.POSITIVE_INFINITY],
  async run({ positionals, client, json }) {
    const [name, alias, ...weights] = positionals as [string, string, ...string[]]
    const answer = await client.ask<ChangedAlias>('PUT', adminPath`/v1/functions/${name}/aliases/${alias}`, {
      weights: parseWeightArguments(weights),
    })
    warnOfLaggards(answer.workers)
    if (json) printJson(answer)
    else print(formatAlias(answer))
    return exitCodes.ok
  },
})
