import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { errorCodes } from '../../runtime/model/errors.ts'

const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')
const model = readFileSync(new URL('../../runtime/model/outcome.ts', import.meta.url), 'utf8')
const callModel = readFileSync(new URL('../../runtime/model/call.ts', import.meta.url), 'utf8')

/** First and second cell of each row below a heading. */
function rowsBelow(heading: string): [name: string, status: string][] {
  const [, rest = ''] = page.split(`\n## ${heading}\n`)
  const [section = ''] = rest.split('\n## ')
  return [...section.matchAll(/^\| `([a-z_]+)` \| ([^|]*) \|/gm)].map(([, name, status]) => [name!, status!])
}

describe('docs/errors.md', () => {
  it('lists every error code with its status, and no other', () => {
    const documented = Object.fromEntries(rowsBelow('Refusals'))
    const expected = Object.fromEntries(
      Object.entries(errorCodes).map(([code, status]) => [code, String(status)]),
    )
    assert.deepEqual(documented, expected)
  })

  it('lists every outcome, and no other', () => {
    const [, union = ''] = /export type OutcomeKind =\n([\s\S]*?)\n\n/.exec(model) ?? []
    const kinds = [...union.matchAll(/'([a-z_]+)'/g)].map(([, kind]) => kind)
    assert.ok(kinds.length > 5)
    assert.deepEqual(
      rowsBelow('Outcomes').map(([name]) => name),
      kinds,
    )
  })

  it('lists every reason of dead letters, and no other', () => {
    const [, union = ''] = /export type DeadLetterReason =\n([\s\S]*?)\n\n/.exec(callModel) ?? []
    const reasons = [...union.matchAll(/\| '([a-z_]+)'/g)].map(([, reason]) => reason)
    assert.ok(reasons.length > 3)
    assert.deepEqual(
      rowsBelow('Dead letters').map(([name]) => name),
      reasons,
    )
  })
})
