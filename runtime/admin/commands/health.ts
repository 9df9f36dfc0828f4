import { IsoletteError } from '../../model/errors.ts'
import { prometheusContentType } from '../../observe/exposition.ts'
import { prometheusText } from '../../observe/prometheus.ts'
import { callMetricsText } from '../call-exposition.ts'
import { command, json } from '../command.ts'
import { retryLogFailure } from '../retry-log-answer.ts'

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
    description:
      'Whether at least one worker serves what is deployed now; `retryLog` says whether asynchronous calls are accepted too.',
    run({ fleet, calls }) {
      // What exactly is wrong with it is not for everyone who may ask over TCP.
      const retryLog = retryLogFailure(calls) === null ? 'ok' : 'failing'
      if (fleet.isReady) return json({ status: 'ready', retryLog })
      throw new IsoletteError(
        'unavailable',
        'Cannot serve yet: 0 workers serve the newest revision, must be at least 1',
      )
    },
  }),

  command({
    method: 'GET',
    path: '/metrics',
    description: 'Counters and gauges of all workers and of the retry log, as Prometheus reads them.',
    async run({ fleet, calls, enqueues, firings }) {
      const workers = await fleet.metrics()
      const text = prometheusText({
        workers,
        workerRestarts: fleet.restarts,
        enqueues: enqueues(),
        firings: firings(),
      })
      return { kind: 'text', contentType: prometheusContentType, text: text + callMetricsText(calls) }
    },
  }),
]
