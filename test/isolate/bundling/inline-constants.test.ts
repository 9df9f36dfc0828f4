import assert from 'node:assert/strict'
import { it } from 'node:test'
import { transformSync } from 'esbuild'
import { inlineConstants } from '../../../runtime/isolate/bundling/inline-constants.ts'

it('turns objects of whole numbers, and products of them, into enums, and leaves all others as they are', () => {
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
const KiB = 1024
const other = text.one
export const limits = {
  size: 2 * KiB,
  /** Of all. */
  sizes: KiB,
  timeMs: 10_000,
} as const
export const mixed = { one: 2 * other } as const
export const answer = [op.read, op.write, short.one, limits.size, limits.sizes, limits.timeMs]`
  const { code } = transformSync(inlineConstants(source), { loader: 'ts', minifySyntax: true })
  assert.match(
    code,
    /answer = \[\s*1 \/\* read \*\/,\s*-2 \/\* write \*\/,\s*1 \/\* one \*\/,\s*2048 \/\* size \*\/,\s*1024 \/\* sizes \*\/,\s*1e4 \/\* timeMs \*\/\s*\]/,
  )
  assert.match(code, /text = \{ one: "1" \}/)
  assert.match(code, /sum = \{ one: 2 \}/)
  assert.match(code, /mixed = \{ one: 2 \* other \}/)
  assert.match(code, /open = \{ one: 1 \}/)
})
