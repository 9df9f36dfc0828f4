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

it('lets a response that is being written wait for what another request brings', async () => {
  await using fixture = new PoolFixture()
  const bundle = fetching(
    `if (request.url.endsWith('/publish')) {
      for (const listener of listeners.splice(0)) listener('news')
      return new Response('published')
    }
    return new Response(new ReadableStream({
      start(controller) { controller.enqueue(new TextEncoder().encode('welcome')) },
      async pull(controller) {
        const text = await new Promise((resolve) => listeners.push(resolve))
        controller.enqueue(new TextEncoder().encode(text))
        controller.close()
      },
    }, { highWaterMark: 0 }))`,
  ).replace('(() => {', '(() => { const listeners = [];')
  const target = fixture.define({ bundle })
  const response = streamOf(await fixture.begin(target, '/subscribe').settled)
  assert.equal(await nextText(response), 'welcome')
  await fixture.begin(target, '/publish').settled
  assert.equal(await nextText(response), 'news')
  assert.equal((await readNext(response)).kind, 'end')
})
