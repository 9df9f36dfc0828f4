import type { Changed, VersionAnswer } from '../../runtime/index.ts'
import { adminPath } from '../admin-client.ts'
import { defineCommand } from '../command.ts'
import { exitCodes } from '../failure.ts'
import { print, printJson } from '../print.ts'
import { warnOfLaggards } from '../spread.ts'

type Published = VersionAnswer & { readonly unchanged: boolean } & Pick<Changed<unknown>, 'workers'>

export const command = defineCommand({
  usage: 'publish <function>',
  description:
    'Gives $LATEST the next version number. Unchanged code keeps the number it has. No alias moves.',
  examples: ['isolette publish hello'],
  options: {},
  positionals: [1, 1],
  async run({ positionals, client, json }) {
    const published = await client.ask<Published>(
      'POST',
      adminPath`/v1/functions/${positionals[0]!}/versions`,
    )
    warnOfLaggards(published.workers)
    if (json) printJson(published)
    else
      print(
        `published ${published.function}:${published.version}${published.unchanged ? ' (unchanged)' : ''}`,
      )
    return exitCodes.ok
  },
})
