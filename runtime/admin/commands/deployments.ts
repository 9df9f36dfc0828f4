import * as z from 'zod'
import { absolutePath } from '../absolute-path.ts'
import { command, json } from '../command.ts'

const deployment = z.strictObject({
  path: absolutePath,
  name: z.string().optional(),
  publish: z.boolean().default(true),
  force: z.boolean().default(false),
  ifChanged: z.boolean().default(false),
})

export const deploymentCommands = [
  command({
    method: 'POST',
    path: '/v1/deployments',
    description:
      'Build the function at `path`, make it $LATEST, publish it and point `live` at it; with `publish: false` stop after $LATEST; with `ifChanged: true` leave it alone if it is deployed already.',
    body: deployment,
    async run({ deployer }, { body }) {
      return json(await deployer.deploy({ ...body, name: body.name ?? null }))
    },
  }),
]
