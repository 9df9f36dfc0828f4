import type { StoppedAnswer } from '../../runtime/index.ts'
import { adminPath } from '../admin-client.ts'
import { defineCommand } from '../command.ts'
import { exitCodes } from '../failure.ts'
import { print, printJson } from '../print.ts'

export const command = defineCommand({
  usage: 'async stop <id>',
  description:
    'Ends an asynchronous call: at once if it waits; one that runs is asked to end, and ended by force after 5 s.',
  examples: ['isolette async stop 018bcfe5680000017a3f0c2b5d6e7f80'],
  options: {},
  positionals: [1, 1],
  async run({ positionals, client, json }) {
    const answer = await client.ask<StoppedAnswer>('POST', adminPath`/v1/invocations/${positionals[0]!}/stop`)
    if (json) printJson(answer)
    else print(`${answer.state === 'Stopped' ? 'stopped' : 'stopping'} ${answer.invocationId}`)
    return exitCodes.ok
  },
})
