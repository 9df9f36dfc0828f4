import * as z from 'zod'
import { type ErrorCode, errorCodes, IsoletteError } from '../../model/errors.ts'
import { defaultAlias, parseFunctionReference } from '../../model/qualifier.ts'
import type { EnqueuedAnswer } from '../call-protocol.ts'
import { type AdminContext, type Answer, command, json } from '../command.ts'

const invocation = z.strictObject({
  qualifier: z.string().optional(),
  event: z.json().default({}),
  type: z.enum(['sync', 'async']).default('sync'),
  /** These two of asynchronous ones only. */
  delayMs: z.number().optional(),
  id: z.string().optional(),
})

export const invocationCommands = [
  command({
    method: 'POST',
    path: '/v1/functions/:name/invocations',
    description:
      'Run a function with `event` and wait for its outcome; a failure of the function is an answer too. With `type` `async` answers 202 when the call is on disk; `delayMs` says when it is due, `id` names it, so that the same again is refused.',
    body: invocation,
    async run(context, { params, body }) {
      const { qualifier = defaultAlias } = body
      const reference = body.qualifier === undefined ? params.name : `${params.name}:${qualifier}`
      parseFunctionReference(reference)
      const eventJson = JSON.stringify(body.event)
      if (body.type === 'async') return enqueue(context, { ...body, name: params.name, qualifier, eventJson })
      if (body.delayMs !== undefined || body.id !== undefined) {
        const path = body.delayMs === undefined ? 'id' : 'delayMs'
        const message = `Cannot accept the body: ${path}: set, must be left out unless type is "async"`
        throw new IsoletteError('bad_request', message, { details: { path } })
      }
      const result = await context.fleet.invoke({ reference, json: eventJson })
      if (result.refusal !== null) throw refused(result.refusal)
      return json(result)
    },
  }),
]

async function enqueue(
  { calls }: AdminContext,
  call: {
    readonly name: string
    readonly qualifier: string
    readonly eventJson: string
    readonly delayMs?: number | undefined
    readonly id?: string | undefined
  },
): Promise<Answer> {
  const event = { kind: 'direct', json: call.eventJson } as const
  const options = { source: 'admin', delayMs: call.delayMs ?? 0, callerId: call.id ?? null } as const
  const enqueued = await calls.enqueue(call.name, call.qualifier, event, options)
  switch (enqueued.kind) {
    case 'enqueued': {
      const answer: EnqueuedAnswer = { invocationId: enqueued.id }
      return json(answer, 202, { location: `/v1/invocations/${enqueued.id}` })
    }
    case 'duplicate': {
      const { id: invocationId, state } = enqueued
      const message = `Cannot enqueue another call of ${call.name} with the id ${JSON.stringify(call.id)}: there is one, ${invocationId}`
      throw new IsoletteError('duplicate_invocation', message, { details: { invocationId, state } })
    }
    case 'refused':
      throw new IsoletteError(enqueued.code, enqueued.message)
  }
}

/** A worker's refusal is plain data: only codes that the interface has may pass. */
function refused({ code, message }: { readonly code: string; readonly message: string }): IsoletteError {
  return new IsoletteError(Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : 'internal_error', message)
}
