import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { asksForAsync } from '../../../router/http/prefer.ts'

describe('asksForAsync', () => {
  const asking = [
    'respond-async',
    'Respond-Async',
    ' respond-async ',
    'respond-async, wait=10',
    'wait=10,respond-async',
    'return=minimal; foo="a,b", respond-async',
    'respond-async; foo=bar',
    'foo="\\",", respond-async',
  ]
  for (const prefer of asking) {
    it(`finds it in ${JSON.stringify(prefer)}`, () => assert.equal(asksForAsync(prefer), true))
  }

  const others = [
    '',
    ',',
    'wait=10',
    'respond-asynchronously',
    'x-respond-async',
    'foo="respond-async"',
    'foo=", respond-async"',
    'foo; respond-async',
    '"respond-async',
  ]
  for (const prefer of others) {
    it(`finds none in ${JSON.stringify(prefer)}`, () => assert.equal(asksForAsync(prefer), false))
  }
})
