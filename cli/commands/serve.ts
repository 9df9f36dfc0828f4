import { resolve } from 'node:path'
import { defineCommand } from '../command.ts'
import { deployPaths } from '../deploy-paths.ts'
import { runServer } from '../run-server.ts'
import { serverOptions, serverOptionsHelp } from '../server-options.ts'

export const command = defineCommand({
  usage: 'serve [path...] [options]',
  description: `Starts the server, deploys each function at or below the paths whose content changed, and prints one line when
it is ready. What was deployed before is served in any case. SIGTERM and Ctrl-C finish what runs, then end it.

${serverOptionsHelp}`,
  examples: [
    'isolette serve',
    'isolette serve ./functions --port 8080',
    'isolette serve --data /var/lib/isolette',
  ],
  options: serverOptions,
  positionals: [0, Number.POSITIVE_INFINITY],
  isServer: true,
  run({ values, positionals }) {
    const paths = positionals.map((path) => resolve(path))
    return runServer(values, (client) => deployPaths(paths, client))
  },
})
