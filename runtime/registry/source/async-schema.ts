import * as z from 'zod'
import { asyncBounds, backoffBounds, usualAsync } from '../../model/async-settings.ts'
import { flag, number, section, text, wholeNumber } from './schema-parts.ts'

/** Of a function's name, a colon and a qualifier. */
export const maxReferenceLength = 127

/** `async` in `function.jsonc`. */
export const asyncSchema = section({
  http: flag().describe('Whether HTTP clients may ask for an asynchronous call with Prefer: respond-async.'),
  maxQueued: amount('maxQueued').describe('Most calls that wait or run; more get 429.'),
  maxAttempts: amount('maxAttempts').describe('How often a call is tried, the first time included.'),
  maxAgeMs: amount('maxAgeMs').describe(
    'A call is not begun any more so many milliseconds after it was enqueued; a delay that was asked for does not count.',
  ),
  backoff: section({
    initialMs: wholeNumber(backoffBounds.initialMs)
      .default(usualAsync.backoff.initialMs)
      .describe('Milliseconds before the second attempt.'),
    factor: number(backoffBounds.factor)
      .default(usualAsync.backoff.factor)
      .describe('How much longer each wait is than the one before it.'),
    maxMs: wholeNumber(backoffBounds.maxMs)
      .default(usualAsync.backoff.maxMs)
      .describe('Longest wait in milliseconds.'),
    jitter: z
      .enum(['full', 'none'], { error: 'full or none' })
      .default(usualAsync.backoff.jitter)
      .describe('full: each wait is between nothing and the whole of it, by chance.'),
  }).describe('How long a call waits that failed, before it is tried again.'),
  timeoutMs: wholeNumber(asyncBounds.timeoutMs)
    .optional()
    .describe('Milliseconds that one attempt may take. Default: limits.timeoutMs.'),
  pin: z
    .enum(['version', 'alias'], { error: 'version or alias' })
    .default(usualAsync.pin)
    .describe(
      'version: all attempts run the version that was picked when the call was accepted. alias: each attempt picks one.',
    ),
  concurrency: amount('concurrency').describe('Most attempts at once over all workers.'),
  onSuccess: destination().optional().describe('Told of calls that succeeded. Default: nobody.'),
  onFailure: destination()
    .optional()
    .describe('Told of calls that failed or expired. Default: nobody; they stay as dead letters.'),
  resultRetentionMs: amount('resultRetentionMs').describe(
    'How many milliseconds calls that succeeded or were stopped are known.',
  ),
  deadLetterRetentionMs: amount('deadLetterRetentionMs').describe(
    'How many milliseconds dead letters are kept.',
  ),
}).describe(
  'How asynchronous calls are kept and tried again. Belongs to the function: it changes for all versions at once.',
)

export type AsyncSection = z.output<typeof asyncSchema>

function amount(key: Exclude<keyof typeof asyncBounds, 'timeoutMs'>) {
  return wholeNumber(asyncBounds[key]).default(asyncBounds[key].default)
}

function destination() {
  return z.union(
    [
      text(maxReferenceLength),
      z.strictObject({
        url: text(2048).describe('Gets a POST. Begins with https://.'),
        secret: text(256, 16).describe('Each POST is signed with it.'),
      }),
    ],
    { error: 'a function as name or name:qualifier, or an object with url and secret' },
  )
}
