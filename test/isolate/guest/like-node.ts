import assert from 'node:assert/strict'
import { evaluate } from './harness.ts'

const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor as new (
  body: string,
) => () => Promise<unknown>

/** Runs the body of an async function in a guest and in Node, which implements the same standards: both must return the same. */
export async function assertLikeNode(body: string): Promise<void> {
  const expected = JSON.parse(JSON.stringify((await new AsyncFunction(body)()) ?? null))
  assert.deepEqual(evaluate(body), expected)
}

/** The same for many expressions; a thrown error stands as its name. */
export async function assertExpressionsLikeNode(expressions: readonly string[]): Promise<void> {
  const body = expressions
    .map(
      (one) =>
        `await (async () => { try { return await ${one} } catch (error) { return '! ' + error.name } })()`,
    )
    .join(',\n')
  const code = `return [${body}]`
  const expected = JSON.parse(JSON.stringify(await new AsyncFunction(code)())) as unknown[]
  const seen = evaluate(code) as unknown[]
  for (const [index, one] of expressions.entries()) assert.deepEqual(seen[index], expected[index], one)
}
