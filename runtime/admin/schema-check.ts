import * as z from 'zod'
import { IsoletteError } from '../model/errors.ts'

/**
 * Checks `input` and returns what the schema makes of it.
 *
 * @throws IsoletteError `bad_request` naming the path of the first offending field, its value and what it must be; the first 20
 * are in `details.problems`
 */
export function checkSchema(schema: z.ZodType, input: unknown, part: 'body' | 'query'): unknown {
  const parsed = parse(schema, input, part)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.flatMap((issue) => describe(issue, schema, input)).slice(0, 20)
  const first = problems[0]!
  throw new IsoletteError('bad_request', `Cannot accept the ${part}: ${first.message}`, {
    details: { path: first.path, problems },
  })
}

function parse(schema: z.ZodType, input: unknown, part: 'body' | 'query'): z.ZodSafeParseResult<unknown> {
  try {
    return schema.safeParse(input)
  } catch (error) {
    // Zod goes into an event as deep as that nests. Reading it as JSON did not, writing it again would.
    if (!(error instanceof RangeError)) throw error
    throw new IsoletteError('bad_request', `Cannot accept the ${part}: it nests too deep, must nest less`)
  }
}

interface Problem {
  readonly path: string
  readonly message: string
}

function describe(issue: z.core.$ZodIssue, schema: z.ZodType, input: unknown): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
    const must = known.length === 0 ? 'left out' : `one of ${known.join(', ')}`
    return issue.keys.map((key) => {
      const path = [...issue.path, key].join('.')
      return { path, message: `${path}: unknown, must be ${must}` }
    })
  }
  const path = issue.path.join('.')
  const value = issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown>)[key], input)
  return [{ path, message: `${path === '' ? '' : `${path}: `}${show(value)}, must be ${mustBe(issue)}` }]
}

function show(value: unknown): string {
  if (value === undefined) return 'missing'
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

/** Schemas give their own words where a type is not enough: `z.string({ error: 'an absolute path' })`. */
function mustBe(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return customWords(issue) ?? `${/^[aeiou]/.test(issue.expected) ? 'an' : 'a'} ${issue.expected}`
    case 'invalid_value':
      return customWords(issue) ?? `one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`
    default:
      return issue.message
  }
}

function customWords(issue: z.core.$ZodIssue): string | null {
  return issue.message.startsWith('Invalid ') ? null : issue.message
}
