import type { PurgedAnswer } from '../../runtime/index.ts'
import { defineCommand } from '../command.ts'
import { exitCodes } from '../failure.ts'
import { print, printJson } from '../print.ts'
import { whileWaiting } from '../progress.ts'

export const command = defineCommand({
  usage: 'async purge [--function <name>] [--state <states>]',
  description: `Forgets asynchronous calls that have ended: dead letters, unless other states are named.

  --function <name>   of one function only
  --state <states>    in these states: Succeeded, Failed, Stopped, Expired; Failed,Expired if not given`,
  examples: ['isolette async purge --function mail', 'isolette async purge --state Succeeded'],
  options: { function: { type: 'string' }, state: { type: 'string' } },
  positionals: [0, 0],
  async run({ values, client, json }) {
    const query = new URLSearchParams()
    if (values.function !== undefined) query.set('function', values.function)
    if (values.state !== undefined) query.set('state', values.state)
    const asked = client.ask<PurgedAnswer>('DELETE', `/v1/invocations?${query}`)
    const answer = await whileWaiting('purging', asked)
    if (json) printJson(answer)
    else print(`purged ${answer.purged} ${answer.purged === 1 ? 'call' : 'calls'}`)
    return exitCodes.ok
  },
})
