import type { RouteList } from '../../runtime/index.ts'
import { defineCommand } from '../command.ts'
import { exitCodes } from '../failure.ts'
import { plain } from '../plain.ts'
import { print, printError, printJson } from '../print.ts'
import { formatTable } from '../table.ts'

export const command = defineCommand({
  usage: 'route ls [--limit <n>]',
  description: `Lists which requests lead to which function.

  --limit <n>   at most so many, 1000 if not given`,
  examples: ['isolette route ls', 'isolette route ls --json'],
  options: { limit: { type: 'string', default: '1000' } },
  positionals: [0, 0],
  async run({ values, client, json }) {
    const list = await client.ask<RouteList>('GET', `/v1/routes?limit=${encodeURIComponent(values.limit)}`)
    if (json) printJson(list)
    else {
      const rows = list.routes.map(({ host, method, path, functionName, qualifier }) => [
        host ?? '*',
        method ?? '*',
        plain(path),
        `${functionName}:${qualifier ?? 'live'}`,
      ])
      print(formatTable(['HOST', 'METHOD', 'PATH', 'FUNCTION'], rows))
      if (list.truncated) printError('isolette: there are more routes; raise --limit')
    }
    return exitCodes.ok
  },
})
