const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** What `parseDuration` takes, for messages. */
export const durationForm = 'a duration like 500ms, 30s, 5m, 1h30m or 7d'

/** Milliseconds of `500ms`, `30s`, `5m`, `1h30m`, `7d`; null if the text is no duration. */
export function parseDuration(text: string): number | null {
  if (!/^(?:[0-9]{1,9}(?:ms|[smhd]))+$/.test(text)) return null
  let ms = 0
  for (const [, count, unit] of text.matchAll(/([0-9]+)([a-z]+)/g)) ms += Number(count) * unitsMs[unit!]!
  return ms
}
