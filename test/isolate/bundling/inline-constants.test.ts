import assert from 'node:assert/strict'
import { it } from 'node:test'
import { transformSync } from 'esbuild'
import { inlineConstants } from '../../../runtime/isolate/bundling/inline-constants.ts'

it('turns objects of whole numbers into enums, and leaves all others as they are', () => {
  const source = `
/** Numbers. */
export const op = {
  /** \`{ a: 1 }\`, and more: */
  read: 1,
  write: -2,
} as const
export const short = { one: 1 } as const
export const text = { one: '1' } as const
export const sum = { one: 1 + 1 } as const
export const open = { one: 1 }
export const answer = [op.read, op.write, short.one]`
  const { code } = transformSync(inlineConstants(source), { loader: 'ts', minifySyntax: true })
  assert.match(code, /answer = \[\s*1 \/\* read \*\/,\s*-2 \/\* write \*\/,\s*1 \/\* one \*\/\s*\]/)
  assert.match(code, /text = \{ one: "1" \}/)
  assert.match(code, /sum = \{ one: 2 \}/)
  assert.match(code, /open = \{ one: 1 \}/)
})
