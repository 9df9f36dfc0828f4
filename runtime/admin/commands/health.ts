import { IsoletteError } from '../../model/errors.ts'
import { prometheusContentType } from '../../observe/exposition.ts'
import { prometheusText } from '../../observe/prometheus.ts'
import { command, json } from '../command.ts'

/** What load balancers and monitors ask: the only commands that may also be served over TCP. */
export const healthCommands = [
  command({
    method: 'GET',
    path: '/healthz',
    description: 'Whether the supervisor runs.',
    run: () => json({ status: 'ok' }),
  }),

  command({
    method: 'GET',
    path: '/readyz',
    description: 'Whether at least one worker serves what is deployed now.',
    run({ fleet }) {
      if (fleet.isReady) return json({ status: 'ready' })
      throw new IsoletteError(
        'unavailable',
        'Cannot serve yet: 0 workers serve the newest revision, must be at least 1',
      )
    },
  }),

  command({
    method: 'GET',
    path: '/metrics',
    description: 'Counters and gauges of all workers, as Prometheus reads them.',
    async run({ fleet }) {
      const workers = await fleet.metrics()
      const text = prometheusText({ workers, workerRestarts: fleet.restarts })
      return { kind: 'text', contentType: prometheusContentType, text }
    },
  }),
]
