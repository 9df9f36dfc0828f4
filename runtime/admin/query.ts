import * as z from 'zod'
import type { CallState } from '../model/call.ts'
import { durationForm, parseDuration } from '../model/duration.ts'

/** `?force=true`; absent means false. */
export const flag = z
  .enum(['true', 'false'], { error: 'true or false' })
  .default('false')
  .transform((text) => text === 'true')

/** `?limit=20`. */
export function limitUpTo(max: number, fallback: number) {
  const must = `a whole number from 1 to ${max}`
  return z
    .string()
    .regex(/^[0-9]{1,9}$/, { error: must })
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= max, { error: must })
    .default(fallback)
}

/** `?wait=30s`, in milliseconds. */
export function durationUpTo(maxMs: number) {
  const must = `${durationForm}, at most ${maxMs / 1000}s`
  return z
    .string()
    .transform((text) => parseDuration(text) ?? Number.NaN)
    .refine((ms) => ms <= maxMs, { error: must })
}

/** `?since=2h` or `?since=2026-11-21T18:00Z`: from the time that it is now to the one that is meant, in milliseconds. */
export const pointInTime = z.string().transform((text, context) => {
  const agoMs = parseDuration(text)
  if (agoMs !== null) return (nowMs: number) => nowMs - agoMs
  const atMs = /^[0-9]{4}-[0-9]{2}-[0-9]{2}/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(atMs)) {
    context.addIssue({
      code: 'custom',
      message: `${durationForm}, or a time like 2026-11-21T18:00:00Z`,
      input: text,
    })
    return z.NEVER
  }
  return () => atMs
})

/** `?state=Failed,Expired`, of these, in letters of any case. */
export function statesOf<State extends CallState>(allowed: readonly State[]) {
  return z.string().transform((text, context) => {
    const states = text.split(',').map((word) => {
      return allowed.find((state) => state.toLowerCase() === word.toLowerCase())
    })
    if (states.some((state) => state === undefined)) {
      const must = `of ${allowed.join(', ')}, with commas between them`
      context.addIssue({ code: 'custom', message: must, input: text })
      return z.NEVER
    }
    return states as State[]
  })
}
