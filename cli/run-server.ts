import { runSupervisor } from '../router/main.ts'
import { resolveOptions } from '../router/options.ts'
import { AdminClient } from './admin-client.ts'
import { supervisorDeps } from './supervisor-deps.ts'

/**
 * Runs a server in this process until it is told to stop, and resolves with the exit code.
 *
 * @param flags by name, without dashes
 * @param deploy is called once the admin socket answers, before people are told that the server is ready
 * @throws IsoletteError if it cannot start
 */
export function runServer(
  flags: Readonly<Record<string, string | undefined>>,
  deploy: (client: AdminClient) => Promise<void>,
): Promise<number> {
  const options = resolveOptions({ flags, env: process.env, cwd: process.cwd() })
  const client = new AdminClient(options.adminSocket)
  return runSupervisor(
    options,
    supervisorDeps(options, () => deploy(client)),
  )
}
