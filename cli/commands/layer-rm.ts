import type { Removed } from '../../runtime/index.ts'
import { adminPath } from '../admin-client.ts'
import { defineCommand } from '../command.ts'
import { exitCodes } from '../failure.ts'
import { parseLayerArgument } from '../layer-reference.ts'
import { print, printJson } from '../print.ts'

export const command = defineCommand({
  usage: 'layer rm <layer:version> [--force]',
  description: `Removes a version of a layer. Its number is never used again.

  --force   even while versions of functions hold it: they keep what they have of it, and no other gets it any more`,
  examples: ['isolette layer rm lodash:1'],
  options: { force: { type: 'boolean' } },
  positionals: [1, 1],
  async run({ values, positionals, client, json }) {
    const [name, version] = parseLayerArgument(positionals[0]!)
    const path = adminPath`/v1/layers/${name}/${version}?force=${String(values.force === true)}`
    const answer = await client.ask<Removed>('DELETE', path)
    if (json) printJson(answer)
    else print(`removed ${answer.removed}`)
    return exitCodes.ok
  },
})
