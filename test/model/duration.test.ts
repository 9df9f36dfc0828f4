import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseDuration } from '../../runtime/model/duration.ts'

describe('parseDuration', () => {
  it('reads counts with their units, several in a row too', () => {
    const durations = { '0s': 0, '850ms': 850, '30s': 30_000, '5m': 300_000, '1h30m': 5_400_000 }
    for (const [text, ms] of Object.entries({ ...durations, '2d04h': 187_200_000 })) {
      assert.equal(parseDuration(text), ms, text)
    }
  })

  it('takes nothing else', () => {
    for (const text of ['', '30', 's', '-1s', '1.5h', '1 h', '1w', '30s!', '1S', '9999999999s', '30sec']) {
      assert.equal(parseDuration(text), null, text)
    }
  })
})
