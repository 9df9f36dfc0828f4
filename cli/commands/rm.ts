import type { Removed } from '../../runtime/index.ts'
import { adminPath } from '../admin-client.ts'
import { defineCommand } from '../command.ts'
import { exitCodes, usageFailure } from '../failure.ts'
import { print, printJson } from '../print.ts'
import { warnOfLaggards } from '../spread.ts'

export const command = defineCommand({
  usage: 'rm <function | function:version> [--force]',
  description: `Removes a published version, or a function with everything that belongs to it.

  --force   even while aliases or routes need it`,
  examples: ['isolette rm hello:3', 'isolette rm hello --force'],
  options: { force: { type: 'boolean' } },
  positionals: [1, 1],
  async run({ values, positionals, client, json }) {
    const [name = '', version] = positionals[0]!.split(':', 2)
    if (version !== undefined && !/^[0-9]+$/.test(version)) {
      throw usageFailure(
        `Cannot remove ${JSON.stringify(positionals[0])}: must be <function> or <function>:<version number>; for an alias there is alias rm`,
      )
    }
    const force = String(values.force === true)
    const path =
      version === undefined
        ? adminPath`/v1/functions/${name}?force=${force}`
        : adminPath`/v1/functions/${name}/versions/${version}?force=${force}`
    const answer = await client.ask<Removed>('DELETE', path)
    warnOfLaggards(answer.workers)
    if (json) printJson(answer)
    else print(`removed ${answer.removed}`)
    return exitCodes.ok
  },
})
