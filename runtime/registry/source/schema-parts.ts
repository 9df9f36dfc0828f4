import * as z from 'zod'
import type { Bound } from '../../model/limits.ts'

// What the schema of `function.jsonc` is put together from. Each error text says what is allowed, to follow "must be".

export function text(maxLength: number, minLength = 1) {
  const error = `text of ${minLength} to ${maxLength} characters`
  return z.string({ error }).min(minLength, { error }).max(maxLength, { error })
}

/** Names of what a handler finds in its `env`. */
export function envNames<Value extends z.ZodType>(value: Value) {
  return z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), value, {
    error: (issue) =>
      issue.code === 'invalid_key' ? 'a name of letters, digits and _' : 'an object of names and texts',
  })
}

export function wholeNumber({ min, max }: Pick<Bound, 'min' | 'max'>) {
  const error = outOfRange(min, max, 'a whole number')
  return z.int({ error }).min(min, { error }).max(max, { error })
}

export function number({ min, max }: Pick<Bound, 'min' | 'max'>) {
  const error = outOfRange(min, max, 'a number')
  return z.number({ error }).min(min, { error }).max(max, { error })
}

export function flag() {
  return z.boolean({ error: 'true or false' }).default(false)
}

export function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, { error: 'an object' }).prefault({} as never)
}

function outOfRange(min: number, max: number, what: string) {
  return (issue: { input?: unknown }) =>
    Number.isSafeInteger(issue.input) ? `${min} to ${max}` : `${what} from ${min} to ${max}`
}
