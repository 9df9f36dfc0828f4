import type { PausedAnswer } from '../../runtime/index.ts'
import { adminPath } from '../admin-client.ts'
import { defineCommand } from '../command.ts'
import { exitCodes } from '../failure.ts'
import { print, printJson } from '../print.ts'

export const command = defineCommand({
  usage: 'async resume <function>',
  description: 'Goes on with the asynchronous calls of a function that was paused.',
  examples: ['isolette async resume mail'],
  options: {},
  positionals: [1, 1],
  async run({ positionals, client, json }) {
    const path = adminPath`/v1/functions/${positionals[0]!}/resume`
    const answer = await client.ask<PausedAnswer>('POST', path)
    if (json) printJson(answer)
    else print(`resumed ${answer.function}`)
    return exitCodes.ok
  },
})
