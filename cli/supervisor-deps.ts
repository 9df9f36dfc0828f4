import { createRequire } from 'node:module'
import { join } from 'node:path'
import {
  type AdminServer,
  defaultTimings,
  type SupervisorDeps,
  type SupervisorParts,
  workerEntry,
} from '../router/main.ts'
import type { ServerOptions } from '../router/options.ts'
import {
  CallDelivery,
  createAdminServer,
  createBuilder,
  createLog,
  DurationHistogram,
  EnqueueCounters,
  openArtifactStore,
  openRegistry,
  openRetryLog,
  Provisioning,
  Schedules,
  systemTimers,
} from '../runtime/supervisor-side.ts'
import { print } from './print.ts'

/** What a supervisor is made of, on this machine. `deployPaths` is called once the admin socket answers. */
export function supervisorDeps(options: ServerOptions, deployPaths: () => Promise<void>): SupervisorDeps {
  const startedAtMs = Date.now()
  return {
    workerEntry,
    async openRegistry({ dataDir }) {
      const artifacts = openArtifactStore(join(dataDir, 'artifacts'))
      const registry = await openRegistry({ dataDir, artifacts, clock: Date.now })
      return { registry, artifacts }
    },
    openRetryLog: ({ dataDir }) => openRetryLog({ dataDir }),
    createDelivery: (options) =>
      new CallDelivery({
        ...options,
        timers: systemTimers,
        random: Math.random,
        makeDurationCounter: () => new DurationHistogram(),
      }),
    createEnqueues: () => new EnqueueCounters(),
    createSchedules: (options) =>
      new Schedules({
        ...options,
        wallMs: Date.now,
        setTimer: (callback, delayMs) => systemTimers.after(delayMs, callback),
      }),
    createBuilder,
    createProvisioning: (options) => new Provisioning(options),
    createAdmin: (parts) => adminServer(parts, startedAtMs),
    deployPaths,
    log: createLog({ level: options.log.level, bindings: { process: 'supervisor', pid: process.pid } }),
    announce: print,
    timings: defaultTimings,
  }
}

function adminServer(parts: SupervisorParts, startedAtMs: number): AdminServer {
  const { options, ...rest } = parts
  const version: string = createRequire(import.meta.url)('../package.json').version
  const server = createAdminServer({ ...rest, version, clock: Date.now, startedAtMs })
  return {
    async listen() {
      await server.listen(options.adminSocket)
      if (options.healthPort !== null) await server.listenHealth(options.host, options.healthPort)
    },
    close: () => server.close(),
  }
}
