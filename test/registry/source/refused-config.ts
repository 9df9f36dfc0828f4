import assert from 'node:assert/strict'
import { it } from 'node:test'
import { IsoletteError } from '../../../runtime/model/errors.ts'
import { parseFunctionConfig } from '../../../runtime/registry/source/function-config.ts'

/** A text of one line, what is said of it, and the column of what is wrong. */
export type Refused = readonly [text: string, message: string | RegExp, column: number]

/** One line, with the place, and nothing of what `hush` is part of. */
export function refusesWithPlace([text, message, column]: Refused): void {
  it(`refuses ${text.slice(0, 90)}`, () => {
    const error = refusalOf(text)
    const said = error.message.replace(/^function\.jsonc: /, '')
    if (typeof message === 'string') assert.equal(said, message)
    else assert.match(said, message)
    assert.deepEqual([error.details.line, error.details.column], [1, column])
    assert.doesNotMatch(JSON.stringify(error.details) + said, /hush/)
  })
}

export function refusalOf(text: string): IsoletteError {
  try {
    parseFunctionConfig(text)
  } catch (error) {
    assert.ok(error instanceof IsoletteError)
    assert.equal(error.code, 'bad_configuration')
    assert.doesNotMatch(error.message, /\n/)
    return error
  }
  assert.fail('the text was accepted')
}
