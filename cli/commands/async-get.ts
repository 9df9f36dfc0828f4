import type { CallAnswer } from '../../runtime/index.ts'
import { adminPath } from '../admin-client.ts'
import { awaitEnd } from '../await-end.ts'
import { formatCall } from '../call-format.ts'
import { defineCommand } from '../command.ts'
import { readDuration } from '../duration-option.ts'
import { exitCodes } from '../failure.ts'
import { print, printJson } from '../print.ts'
import { whileWaiting } from '../progress.ts'

export const command = defineCommand({
  usage: 'async get <id> [--wait <duration>]',
  description: `Shows an asynchronous call: its state, its attempts with what they logged, its event and its result.

  --wait <duration>   wait until it has ended, for so long at most; then show it as it is`,
  examples: [
    'isolette async get 018bcfe5680000017a3f0c2b5d6e7f80 --wait 30s',
    'isolette async get 018bcfe5680000017a3f0c2b5d6e7f80 --json | jq .result',
  ],
  options: { wait: { type: 'string' } },
  positionals: [1, 1],
  async run({ values, positionals, client, json }) {
    const id = positionals[0]!
    const call =
      values.wait === undefined
        ? await client.ask<CallAnswer>('GET', adminPath`/v1/invocations/${id}`)
        : await whileWaiting(`waiting for ${id}`, awaitEnd(client, id, readDuration('wait', values.wait)))
    if (json) printJson(call)
    else print(formatCall(call, Date.now()))
    return exitCodes.ok
  },
})
