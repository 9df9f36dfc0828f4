import * as z from 'zod'
import { usualPool } from '../../model/function.ts'
import { section, text, wholeNumber } from './schema-parts.ts'

/** `pool` in `function.jsonc`. */
export const poolSchema = section({
  model: z
    .enum(['resident', 'ephemeral'], { error: 'resident or ephemeral' })
    .default(usualPool.model)
    .describe(
      'resident: an instance stays after an invocation. ephemeral: each invocation gets a fresh one, which is then disposed.',
    ),
  concurrency: wholeNumber({ min: 1, max: 1000 })
    .default(usualPool.concurrency)
    .describe("Requests at once in one instance; 1 is Lambda's model. Without meaning for ephemeral."),
  idleTimeoutMs: wholeNumber({ min: 1000, max: 86_400_000 })
    .default(usualPool.idleTimeoutMs)
    .describe('An instance without a request for this many milliseconds is evicted.'),
  reserved: wholeNumber({ min: 0, max: 1_000_000 })
    .optional()
    .describe('Most requests at once over all workers; 0 blocks the function. Default: no cap.'),
  maxInstances: wholeNumber({ min: 1, max: 1_000_000 })
    .optional()
    .describe('Most instances over all workers. Default: as many as the workers have room for.'),
  maxInvocationsPerInstance: wholeNumber({ min: 1, max: 1_000_000_000 })
    .optional()
    .describe('An instance that has begun so many invocations is replaced. Default: no cap.'),
  provisioned: provisioned()
    .default({})
    .describe(
      'Instances kept ready over all workers: a number for the alias live, or numbers by alias or version.',
    ),
  schedule: z
    .array(
      z.strictObject({
        cron: text(200).describe('Five or six fields.'),
        timezone: text(100).default('UTC').describe('IANA name of a time zone.'),
        provisioned: provisioned().describe('As pool.provisioned.'),
      }),
      { error: 'a list of schedules' },
    )
    .max(32, { error: 'at most 32 schedules' })
    .default([])
    .describe(
      'From each time a line names, its figures replace those of pool.provisioned for what it lists, ' +
        'until another line does.',
    ),
}).describe('How instances are kept. Belongs to the function: it changes for all versions at once.')

function provisioned() {
  const count = wholeNumber({ min: 0, max: 1000 })
  const error = 'a number from 0 to 1000, or an object of such numbers by alias or version'
  return z
    .union([count, z.record(text(63), count)], { error })
    .transform((value): Record<string, number> => (typeof value === 'number' ? { live: value } : value))
}
