import { createHash } from 'node:crypto'
import type { Trigger } from './async-settings.ts'

/** What a trigger is known by: the same for all that fire at the same times with the same event for the same version. */
export function triggerKey({ cron, timezone, eventJson, qualifier }: Trigger): string {
  const text = JSON.stringify([cron, timezone, eventJson, qualifier])
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

/** Ids that begin so are those of firings: nobody else may name a call so, or he could keep a trigger from firing. */
export const firingIdPrefix = 'cron:'

/** What the call of one firing is named, so that there is one whoever fires it. */
export function firingId(key: string, scheduledAtMs: number): string {
  return `${firingIdPrefix}${key}:${scheduledAtMs}`
}
