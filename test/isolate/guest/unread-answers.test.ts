import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Guest } from './harness.ts'

/** Fetches so many times and reads nothing; keeps the answers if it is told to, and makes V8 look for garbage. */
const code = `const kept = []
  exports.default = { async fetch(request) {
    const keeps = request.url.endsWith('/keep')
    for (let index = 0; index < 20; index++) {
      const answer = await fetch('http://a/')
      if (keeps) kept.push(answer)
    }
    const garbage = []
    for (let index = 0; index < 60_000; index++) {
      garbage.push(new Array(500).fill(index))
      if (garbage.length > 2000) garbage.length = 0
    }
    for (let index = 0; index < 20; index++) kept.push(await fetch('http://a/'))
    return new Response('done')
  } }`

function fetchAll(guest: Guest, path: string): void {
  const requestId = guest.add({ url: `http://example.com${path}` })
  for (guest.run(); guest.fetches.length > 0; guest.run()) {
    const streamId = guest.openStream(['body'])
    guest.respond(guest.fetches.pop()!, { body: streamId })
  }
  assert.equal(guest.answerOf(requestId).body, 'done')
}

it('are given up when nobody holds them any more, and not before', () => {
  using lost = new Guest(code)
  fetchAll(lost, '/lose')
  assert.ok(lost.canceledStreams.length >= 15, `${lost.canceledStreams.length} of 20 were given up`)
  assert.ok(lost.canceledStreams.every((id) => id <= 20))
  using kept = new Guest(code)
  fetchAll(kept, '/keep')
  assert.deepEqual(kept.canceledStreams, [])
})
