import { resolve } from 'node:path'
import type { DeploymentAnswer } from '../../runtime/index.ts'
import { defineCommand } from '../command.ts'
import { formatDeployment } from '../deployment-format.ts'
import { exitCodes } from '../failure.ts'
import { plain } from '../plain.ts'
import { print, printError, printJson } from '../print.ts'
import { warnOfLaggards } from '../spread.ts'

export const command = defineCommand({
  usage: 'deploy <path> [--name <name>] [--no-publish] [--force]',
  description: `Builds the function at <path>, a folder with function.jsonc or a single file, makes it $LATEST,
publishes the next version and points the alias live at it.

  --name <name>   another name than the configured one, or the file's
  --no-publish    stop after $LATEST: no version, no alias
  --force         move live even while it is split between versions`,
  examples: [
    'isolette deploy ./hello',
    'isolette deploy ./hello.ts --name greet',
    'isolette deploy . --no-publish',
  ],
  options: {
    name: { type: 'string' },
    'no-publish': { type: 'boolean' },
    force: { type: 'boolean' },
  },
  positionals: [1, 1],
  async run({ values, positionals, client, json }) {
    const answer = await client.ask<DeploymentAnswer>('POST', '/v1/deployments', {
      path: resolve(positionals[0]!),
      name: values.name,
      publish: !values['no-publish'],
      force: values.force,
    })
    for (const warning of answer.warnings) printError(`isolette: warning: ${plain(warning)}`)
    warnOfLaggards(answer.workers)
    if (json) printJson(answer)
    else print(formatDeployment(answer))
    return exitCodes.ok
  },
})
