import { type AdminCommand, command, json } from './command.ts'
import { aliasCommands } from './commands/aliases.ts'
import { callCommands } from './commands/calls.ts'
import { deploymentCommands } from './commands/deployments.ts'
import { functionCommands } from './commands/functions.ts'
import { healthCommands } from './commands/health.ts'
import { infoCommands } from './commands/info.ts'
import { invocationCommands } from './commands/invocations.ts'
import { layerCommands } from './commands/layers.ts'
import { logCommands } from './commands/logs.ts'
import { queueCommands } from './commands/queues.ts'
import { routeCommands } from './commands/routes.ts'
import { versionCommands } from './commands/versions.ts'
import { workerCommands } from './commands/workers.ts'

/** The admin protocol, whole: what is not in this table cannot be asked for. */
export const adminCommands: readonly AdminCommand[] = [
  ...healthCommands,
  command({
    method: 'GET',
    path: '/v1',
    description: 'This list.',
    run: () =>
      json({
        commands: adminCommands.map(({ method, path, description }) => ({ method, path, description })),
      }),
  }),
  ...infoCommands,
  ...deploymentCommands,
  ...functionCommands,
  ...versionCommands,
  ...aliasCommands,
  ...layerCommands,
  ...routeCommands,
  ...invocationCommands,
  ...callCommands,
  ...queueCommands,
  ...workerCommands,
  ...logCommands,
]
