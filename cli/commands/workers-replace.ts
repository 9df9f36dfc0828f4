import type { WorkerList } from '../../runtime/index.ts'
import { defineCommand } from '../command.ts'
import { exitCodes } from '../failure.ts'
import { print, printJson } from '../print.ts'

export const command = defineCommand({
  usage: 'workers replace',
  description: `Replaces every worker process, one at a time: the new one listens before the old one closes, which
finishes what it runs. Returns when all are new.`,
  examples: ['isolette workers replace'],
  options: {},
  positionals: [0, 0],
  async run({ client, json }) {
    const list = await client.ask<WorkerList>('POST', '/v1/workers/replacement')
    if (json) printJson(list)
    else {
      // Those that it took over from may still be finishing what they run.
      const replaced = list.workers.filter(({ state }) => state === 'ready')
      print(`replaced ${replaced.length} ${replaced.length === 1 ? 'worker' : 'workers'}`)
    }
    return exitCodes.ok
  },
})
