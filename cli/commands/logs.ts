import type { DroppedLine, InvocationRecord } from '../../runtime/index.ts'
import { defineCommand } from '../command.ts'
import { exitCodes } from '../failure.ts'
import { print, printError } from '../print.ts'
import { formatRecord } from '../record-format.ts'

export const command = defineCommand({
  usage: 'logs [-f] [--function <name>]',
  description: `Shows the latest invocations, what they logged and why they failed. Of those that went well and warm only
samples are kept.

  -f, --follow        go on with every invocation from now on
  --function <name>   of one function only
  --json              one JSON object a line`,
  examples: ['isolette logs', 'isolette logs -f --function hello', 'isolette logs -f --json | jq .outcome'],
  options: { follow: { type: 'boolean', short: 'f' }, function: { type: 'string' } },
  positionals: [0, 0],
  async run({ values, client, json }) {
    const query = new URLSearchParams({ follow: String(values.follow === true) })
    if (values.function !== undefined) query.set('function', values.function)
    for await (const line of client.lines<InvocationRecord | DroppedLine>(`/v1/logs?${query}`)) {
      if (json) print(JSON.stringify(line))
      else if ('dropped' in line) printError(`isolette: ${line.dropped} invocations were too many to show`)
      else print(formatRecord(line))
    }
    return exitCodes.ok
  },
})
