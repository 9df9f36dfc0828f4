import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { filesOf, LayerFixture, layeredFunction, layerScript } from './layer-fixture.ts'

describe('layers', () => {
  it('are evaluated in a waiting isolate, once, before a function arrives', () => {
    using fixture = new LayerFixture()
    const source = layerScript({
      '/opt/a.js': 'globalThis.count = (globalThis.count ?? 0) + 1; exports.one = 1',
    })
    const script = fixture.script(source)
    const prepared = fixture.prepare()
    assert.equal(fixture.preload(prepared, script), null)
    assert.equal(prepared.context.evalSync('count'), 1)
    const code = layeredFunction(
      `return new Response(a.one + ',' + count)`,
      `const a = requireLayer('/opt/a.js')`,
    )
    assert.equal(fixture.text(fixture.load(prepared, code, script)), '1,1')
    assert.deepEqual(fixture.entered, ['layers', 'function', 'function'])
  })

  it('are evaluated when a function asks for them, if they were not before', () => {
    using fixture = new LayerFixture()
    const script = fixture.script(
      layerScript({ '/opt/a.js': 'exports.one = 1', '/opt/b.js': 'throw new Error("b")' }),
    )
    const code = layeredFunction(`return new Response(requireLayer('/opt/a.js').one)`)
    assert.equal(fixture.text(fixture.load(fixture.prepare(), code, script)), '1')
    const failing = layeredFunction('', `requireLayer('/opt/b.js')`)
    const failure = fixture.load(fixture.prepare(), failing, script)
    assert.ok('kind' in failure && failure.kind === 'exception')
    assert.equal(failure.error.message, 'b')
    assert.match(failure.error.stack, /isolette:layers:\d+:\d+/)
  })
})
