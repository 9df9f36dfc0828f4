import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fetching, PoolFixture, type Settled, textOf } from './pool-fixture.ts'

function logsOf({ usage }: Settled): string[] {
  return usage.logLines.map(({ text }) => text)
}

describe('a rejection that nobody handles', () => {
  it('is logged without a frame of the host, and fails no request', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle: fetching(`Promise.reject(new RangeError('left')); return new Response('ok')`),
    })
    const settled = await fixture.get(target)
    assert.equal(textOf(settled), 'ok')
    const [line, ...others] = logsOf(settled)
    assert.deepEqual(others, [])
    assert.match(line!, /^Unhandled rejection: RangeError: left\n {4}at /)
    assert.doesNotMatch(line!, /file:|node:|boundary/)
  })

  it('may be of anything', async () => {
    await using fixture = new PoolFixture()
    const texts: Record<string, string> = {
      undefined: 'undefined',
      '"text"': 'text',
      '{}': 'An object that is not an Error',
      'new DOMException("m", "AbortError")': 'AbortError: m',
    }
    for (const [reason, text] of Object.entries(texts)) {
      const target = fixture.define({ bundle: fetching(`Promise.reject(${reason}); return new Response()`) })
      const [line] = logsOf(await fixture.get(target))
      assert.equal(line!.split('\n')[0], `Unhandled rejection: ${text}`)
    }
  })

  it('is told to listeners of unhandledrejection, and logged unless one prevents it', async () => {
    await using fixture = new PoolFixture()
    for (const prevents of [true, false]) {
      const target = fixture.define({
        bundle: fetching(`globalThis.onunhandledrejection = (event) => {
            const { type, reason, promise, isTrusted } = event
            console.log(type, reason instanceof TypeError, reason.message, reason.stack.includes('isolette:function'), promise instanceof Promise, isTrusted)
            if (${prevents}) event.preventDefault()
          }
          Promise.reject(new TypeError('left'))
          return new Response('ok')`),
      })
      const settled = await fixture.get(target)
      assert.equal(textOf(settled), 'ok')
      const logs = logsOf(settled).map((text) => text.split('\n')[0])
      const told = 'unhandledrejection true left true true true'
      assert.deepEqual(logs, prevents ? [told] : [told, 'Unhandled rejection: TypeError: left'])
    }
  })

  it('of a listener itself is logged, and told to nobody', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({
      bundle:
        fetching(`addEventListener('unhandledrejection', async (event) => { event.preventDefault(); throw new Error('again') })
        Promise.reject(new Error('first'))
        return new Response()`),
    })
    const logs = logsOf(await fixture.get(target)).map((text) => text.split('\n')[0])
    assert.deepEqual(logs, ['Unhandled rejection: Error: again'])
  })
})
