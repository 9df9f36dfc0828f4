import * as z from 'zod'
import { triggerBounds } from '../../model/async-settings.ts'
import { fixedLimits } from '../../model/limits.ts'
import { defaultAlias } from '../../model/qualifier.ts'
import { flag, text, wholeNumber } from './schema-parts.ts'

/** `triggers` in `function.jsonc`. */
export const triggersSchema = z
  .array(
    z.strictObject(
      {
        cron: text(200).describe('Five fields, or six with seconds first.'),
        event: z.unknown().optional().describe('What the function gets. Default: {}.'),
        timezone: text(100).default('UTC').describe('IANA name of a time zone.'),
        qualifier: text(63).default(defaultAlias).describe('Alias, version number or $LATEST.'),
        catchUpMs: wholeNumber(triggerBounds.catchUpMs)
          .default(triggerBounds.catchUpMs.default)
          .describe('Of the times that were missed within so many milliseconds, the last is made up for.'),
        overlap: flag().describe('Whether it fires while the call of an earlier time has not ended.'),
      },
      { error: 'an object with cron' },
    ),
    { error: 'a list of triggers' },
  )
  .max(fixedLimits.maxTriggers, { error: `at most ${fixedLimits.maxTriggers} triggers` })
  .default([])
  .describe(
    'Times at which the function is called. Belongs to the function: it changes for all versions at once.',
  )

export type TriggersSection = z.output<typeof triggersSchema>
