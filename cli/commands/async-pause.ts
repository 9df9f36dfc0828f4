import type { PausedAnswer } from '../../runtime/index.ts'
import { adminPath } from '../admin-client.ts'
import { defineCommand } from '../command.ts'
import { exitCodes } from '../failure.ts'
import { print, printJson } from '../print.ts'

export const command = defineCommand({
  usage: 'async pause <function>',
  description:
    'Begins no asynchronous call of a function any more: they are accepted and wait. What runs goes on.',
  examples: ['isolette async pause mail'],
  options: {},
  positionals: [1, 1],
  async run({ positionals, client, json }) {
    const path = adminPath`/v1/functions/${positionals[0]!}/pause`
    const answer = await client.ask<PausedAnswer>('POST', path)
    if (json) printJson(answer)
    else print(`paused ${answer.function}`)
    return exitCodes.ok
  },
})
