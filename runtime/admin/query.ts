import * as z from 'zod'

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
