import assert from 'node:assert/strict'
import { it } from 'node:test'
import { nextText, readNext, SentBody, streamOf } from './body-fixture.ts'
import { fetching, PoolFixture } from './pool-fixture.ts'

/** What a handler reads of the request and writes to the response, chunk by chunk. */
const throughGuest = fetching(`const reader = request.body.getReader()
  return new Response(new ReadableStream({
    async pull(controller) {
      const { value, done } = await reader.read()
      if (done) controller.close()
      else controller.enqueue(value)
    },
  }))`)

it('streams a request through the guest to the response, each chunk as it comes', async () => {
  await using fixture = new PoolFixture()
  const body = new SentBody()
  const { settled } = fixture.begin(fixture.define({ bundle: throughGuest }), '/', undefined, body.pipe)
  const response = streamOf(await settled)
  for (const text of ['one', 'two', 'three']) {
    body.write(text)
    assert.equal(await nextText(response), text)
  }
  body.pipe.end()
  assert.equal((await readNext(response)).kind, 'end')
})
