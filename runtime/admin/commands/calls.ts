import * as z from 'zod'
import { type CallId, type CallStatus, callStates, finalStates } from '../../model/call.ts'
import { IsoletteError } from '../../model/errors.ts'
import { checkName } from '../../model/name.ts'
import { describeCall, summarizeCall } from '../call-answer.ts'
import type { CallList, PurgedAnswer, RedrivenAnswer, StoppedAnswer } from '../call-protocol.ts'
import { command, json } from '../command.ts'
import type { Removed } from '../protocol.ts'
import { durationUpTo, limitUpTo, pointInTime, statesOf } from '../query.ts'

const maxWaitMs = 60_000

/** Low, for a page is held in memory with the events of its calls, of up to `fixedLimits.maxAsyncBytes` each. */
const maxPage = 100

export const callCommands = [
  command({
    method: 'GET',
    path: '/v1/invocations',
    description:
      'Asynchronous calls, those that have not ended first, each newest first, a page at a time: give the answer’s `cursor` for the next. `state` takes several, with commas; `since` a time or a duration.',
    query: z.strictObject({
      function: z.string().optional(),
      state: statesOf(callStates).optional(),
      since: pointInTime.optional(),
      cursor: z.string().optional(),
      limit: limitUpTo(maxPage, 50),
    }),
    async run({ calls, clock }, { query }) {
      const filter = {
        ...(query.function === undefined ? {} : { functionName: checkName('function', query.function) }),
        ...(query.state === undefined ? {} : { states: query.state }),
        ...(query.since === undefined ? {} : { sinceMs: query.since(clock()) }),
      }
      const page = await calls.list(filter, query.cursor ?? null, query.limit)
      const list: CallList = { invocations: page.calls.map(summarizeCall), cursor: page.cursor }
      return json(list)
    },
  }),

  command({
    method: 'DELETE',
    path: '/v1/invocations',
    description:
      'Forget calls that have ended, dead letters unless `state` names others, of one `function` or of all; says how many.',
    query: z.strictObject({
      function: z.string().optional(),
      state: statesOf(finalStates).default(['Failed', 'Expired']),
    }),
    async run({ calls }, { query, signal }) {
      const filter = {
        ...(query.function === undefined ? {} : { functionName: checkName('function', query.function) }),
        states: query.state,
      }
      const { changed } = await calls.purge(filter, () => {}, signal)
      const answer: PurgedAnswer = { purged: changed }
      return json(answer)
    },
  }),

  command({
    method: 'GET',
    path: '/v1/invocations/:id',
    description:
      'One call with its attempts, event and result; with `wait=30s` when it has ended, or as it is after so long, at most 60s.',
    query: z.strictObject({ wait: durationUpTo(maxWaitMs).optional() }),
    async run({ calls }, { params, query, signal }) {
      const id = checkId(params.id)
      const status =
        query.wait === undefined ? await calls.get(id) : await calls.waitForEnd(id, query.wait, signal)
      return json(describeCall(need(id, status)))
    },
  }),

  command({
    method: 'DELETE',
    path: '/v1/invocations/:id',
    description: 'Forget a call that has ended.',
    async run({ calls }, { params }) {
      const id = checkId(params.id)
      await calls.remove(id)
      const removed: Removed = { removed: id, workers: null }
      return json(removed)
    },
  }),

  command({
    method: 'POST',
    path: '/v1/invocations/:id/stop',
    description:
      'End a call: at once if it waits; if it runs, its signal aborts, and its instance goes after 5 s.',
    async run({ calls }, { params }) {
      const id = checkId(params.id)
      const answer: StoppedAnswer = {
        invocationId: id,
        state: (await calls.stop(id)) === 'stopped' ? 'Stopped' : 'Stopping',
      }
      return json(answer)
    },
  }),

  command({
    method: 'POST',
    path: '/v1/invocations/:id/redrive',
    description:
      'Enqueue a call anew that failed, expired or was stopped, with the version that its qualifier names now.',
    async run({ calls }, { params }) {
      const id = checkId(params.id)
      await calls.redrive(id)
      const answer: RedrivenAnswer = { invocationId: id }
      return json(answer)
    },
  }),
]

/** @throws IsoletteError `invocation_not_found`: what is no id, names no call */
function checkId(text: string): CallId {
  if (/^[0-9a-f]{32}$/.test(text)) return text
  throw notFound(text)
}

function need(id: CallId, status: CallStatus | null): CallStatus {
  if (status === null) throw notFound(id)
  return status
}

function notFound(id: string): IsoletteError {
  return new IsoletteError(
    'invocation_not_found',
    `Cannot find invocation ${JSON.stringify(id.slice(0, 100))}: must be one that isolette async ls lists`,
  )
}
