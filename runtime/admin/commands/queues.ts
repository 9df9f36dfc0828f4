import { IsoletteError } from '../../model/errors.ts'
import { checkName } from '../../model/name.ts'
import type { PausedAnswer, RedriveLine } from '../call-protocol.ts'
import { command, json } from '../command.ts'
import { describeRetryLog } from '../retry-log-answer.ts'
import { needFunction } from './functions.ts'

/** What is done with all asynchronous calls of a function at once, and what the log says about itself. */
export const queueCommands = [
  command({
    method: 'GET',
    path: '/v1/retry-log',
    description:
      'Whether the log of asynchronous calls can be written, how many wait by function, and its dead letters.',
    run: ({ calls }) => json(describeRetryLog(calls)),
  }),

  command({
    method: 'POST',
    path: '/v1/functions/:name/pause',
    description: 'Begin no asynchronous call of a function; they are accepted and wait.',
    async run({ registry, calls }, { params }) {
      const { name } = needFunction(registry, params.name)
      await calls.pause(name)
      const answer: PausedAnswer = { function: name, paused: true }
      return json(answer)
    },
  }),

  command({
    method: 'POST',
    path: '/v1/functions/:name/resume',
    description: 'Go on with the asynchronous calls of a function.',
    async run({ calls }, { params }) {
      // Also of one that was removed meanwhile: its calls have to end somehow.
      const name = checkName('function', params.name)
      await calls.resume(name)
      const answer: PausedAnswer = { function: name, paused: false }
      return json(answer)
    },
  }),

  command({
    method: 'POST',
    path: '/v1/functions/:name/redrive',
    description:
      'Enqueue all dead letters of a function anew, for as long as the client stays: lines of JSON with how far it has come, the last with `done`.',
    run({ registry, calls, log }, { params, signal }) {
      const { name } = needFunction(registry, params.name)
      return {
        kind: 'lines',
        open(stream) {
          const tell = (progress: { changed: number; skipped: number }, done: boolean) => {
            const line: RedriveLine = { redriven: progress.changed, skipped: progress.skipped, done }
            stream.push(line)
          }
          calls
            .redriveAll(
              { functionName: name, states: ['Failed', 'Expired'] },
              (page) => tell(page, false),
              signal,
            )
            .then((whole) => tell(whole, true))
            .catch((thrown: unknown) => {
              if (!(thrown instanceof IsoletteError)) log.error({ err: thrown }, 'redriving failed')
              stream.push(asRefusal(thrown))
            })
            .finally(() => stream.end())
          return () => {}
        },
      }
    },
  }),
]

/** The status has left: the last line says what went wrong, in the shape of all errors. */
function asRefusal(thrown: unknown): IsoletteError {
  if (thrown instanceof IsoletteError) return thrown
  return new IsoletteError('internal_error', 'Cannot redrive: a fault of the server, see its log')
}
