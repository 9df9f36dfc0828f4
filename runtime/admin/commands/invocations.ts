import * as z from 'zod'
import { type ErrorCode, errorCodes, IsoletteError } from '../../model/errors.ts'
import { parseFunctionReference } from '../../model/qualifier.ts'
import { command, json } from '../command.ts'

const invocation = z.strictObject({
  qualifier: z.string().optional(),
  event: z.json().default({}),
  type: z.literal('sync').default('sync'),
})

export const invocationCommands = [
  command({
    method: 'POST',
    path: '/v1/functions/:name/invocations',
    description:
      'Run a function with `event` and wait for its outcome; a failure of the function is an answer too.',
    body: invocation,
    async run({ fleet }, { params, body }) {
      const reference = body.qualifier === undefined ? params.name : `${params.name}:${body.qualifier}`
      parseFunctionReference(reference)
      const result = await fleet.invoke({ reference, json: JSON.stringify(body.event) })
      if (result.refusal !== null) throw refused(result.refusal)
      return json(result)
    },
  }),
]

/** A worker's refusal is plain data: only codes that the interface has may pass. */
function refused({ code, message }: { readonly code: string; readonly message: string }): IsoletteError {
  return new IsoletteError(Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : 'internal_error', message)
}
