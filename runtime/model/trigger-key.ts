import { createHash } from 'node:crypto'
import type { Trigger } from './async-settings.ts'

/** What a trigger is known by: the same for all that fire at the same times with the same event for the same version. */
export function triggerKey({ cron, timezone, eventJson, qualifier }: Trigger): string {
  const text = JSON.stringify([cron, timezone, eventJson, qualifier])
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}
