import { readFileSync } from 'node:fs'
import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser'
import { z } from 'zod'

const entrySchema = z.strictObject({
  reason: z.string().min(1),
  /** Names, in which a `*` stands for anything. `all` = every subtest that there is. */
  subtests: z.union([z.literal('all'), z.array(z.string().min(1)).min(1)]),
})

const fileSchema = z.record(z.string(), z.union([entrySchema, z.array(entrySchema)]))

/** Subtests that are known to fail for one reason. */
interface KnownFailure {
  /** The path of a test file, in which a `*` stands for anything. */
  readonly path: string
  readonly reason: string
  readonly subtests: 'all' | readonly string[]
}

/** The subtests that are known to fail in an instance although they pass in Node, each with its reason. */
export class Expectations {
  readonly #known: readonly KnownFailure[]

  constructor(known: readonly KnownFailure[]) {
    this.#known = known
  }

  /** @throws Error with one line that says what is wrong */
  static read(path: string): Expectations {
    const errors: ParseError[] = []
    const value = parse(readFileSync(path, 'utf8'), errors, { allowTrailingComma: true })
    if (errors[0] !== undefined)
      throw new Error(
        `Cannot read ${path}: ${printParseErrorCode(errors[0].error)} at offset ${errors[0].offset}`,
      )
    const checked = fileSchema.safeParse(value)
    if (!checked.success) {
      const [issue] = checked.error.issues
      throw new Error(`Cannot read ${path}: ${issue!.path.join(' → ')}: ${issue!.message}`)
    }
    return new Expectations(
      Object.entries(checked.data).flatMap(([path, entries]) =>
        [entries].flat().map((entry) => ({ path, ...entry })),
      ),
    )
  }

  /** Why the subtest is known to fail; null if it is not. */
  reasonFor(path: string, subtest: string): string | null {
    return this.#known.find((one) => covers(one, path, subtest))?.reason ?? null
  }

  /** Whether the subtest is listed by its whole name: then it must not pass. */
  names(path: string, subtest: string): boolean {
    return this.#known.some(
      (one) => one.subtests !== 'all' && matches(one.path, path) && one.subtests.includes(subtest),
    )
  }
}

function covers(known: KnownFailure, path: string, subtest: string): boolean {
  if (!matches(known.path, path)) return false
  return known.subtests === 'all' || known.subtests.some((pattern) => matches(pattern, subtest))
}

function matches(pattern: string, text: string): boolean {
  const [first, ...pieces] = pattern.split('*')
  const last = pieces.pop()
  if (last === undefined) return text === pattern
  if (!text.startsWith(first!)) return false
  let at = first!.length
  for (const piece of pieces) {
    const found = text.indexOf(piece, at)
    if (found === -1) return false
    at = found + piece.length
  }
  return text.length - last.length >= at && text.endsWith(last)
}
