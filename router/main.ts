import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defaultTimings } from './fleet/fleet-timings.ts'
import type { ServerOptions } from './options.ts'
import { watchStopSignals } from './stop-signals.ts'
import { Supervisor } from './supervisor.ts'
import type { SupervisorDeps } from './supervisor-parts.ts'

export { defaultTimings } from './fleet/fleet-timings.ts'
export type { AdminServer, OpenRegistry, SupervisorDeps, SupervisorParts } from './supervisor-parts.ts'

/** The script that a worker runs; beside this one, with the same extension whether packaged or not. */
export const workerEntry = fileURLToPath(
  new URL(`./worker${extname(fileURLToPath(import.meta.url))}`, import.meta.url),
)

/**
 * Runs a server until it is told to stop, and resolves with the exit code; the caller ends the process with it at
 * once. SIGTERM and SIGINT drain: commands are refused, workers stop accepting and finish what runs, 30 s at most, and
 * the code is 0. A second signal ends everything at once. SIGHUP replaces the workers.
 *
 * @throws IsoletteError if it cannot start: `data_in_use`, `data_format`, `cannot_listen`, `cannot_start`, … Everything
 * that it had started is ended again by then
 */
export async function runSupervisor(options: ServerOptions, deps: SupervisorDeps): Promise<number> {
  const supervisor = new Supervisor(options, { workerEntry, timings: defaultTimings, ...deps })
  using signals = watchStopSignals(() => supervisor.reload())

  const serve = async (): Promise<number> => {
    const started = supervisor.start()
    try {
      await Promise.race([started, signals.drain])
      const signal = await signals.drain
      deps.log.info({ signal }, 'draining')
      await supervisor.stop()
      // A start that the signal interrupted fails on account of that.
      await started.catch(() => {})
      return 0
    } finally {
      await supervisor.close()
    }
  }
  const endAtOnce = async (): Promise<number> => {
    const code = await signals.end
    deps.log.warn('ending at once')
    supervisor.kill()
    return code
  }
  return await Promise.race([serve(), endAtOnce()])
}
