import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Target } from '../../runtime/model/invocation.ts'
import { fetching, PoolFixture, type TestFunction, textOf } from './pool-fixture.ts'

/** `spin` loops without end; `wait` waits without end on memory that is shared. */
const module = [
  '0061736d01000000',
  '010401600000',
  '0303020000',
  '050401030101',
  '070f02047370696e000004776169740001',
  '0a1702070003400c000b0b0d0041004100427ffe0102001a0b',
].join('')

function define(fixture: PoolFixture, options: TestFunction): Target {
  const target = fixture.define(options)
  return { ...target, manifest: { ...target.manifest, unsafe: { wasm: true } } }
}

describe('WebAssembly', () => {
  for (const name of ['spin', 'wait']) {
    it(`is stopped over the CPU limit: ${name}`, async () => {
      await using fixture = new PoolFixture()
      const target = define(fixture, {
        limits: { cpuMs: 20 },
        bundle:
          fetching(`const bytes = new Uint8Array('${module}'.match(/../g).map((byte) => parseInt(byte, 16)))
          const { instance } = await WebAssembly.instantiate(bytes)
          instance.exports.${name}()`),
      })
      const { outcome } = await fixture.get(target)
      assert.equal(outcome.kind, 'exceeded_cpu')
    })
  }

  it('names the setting to whoever looks for it in vain, in a handler and at the top level', async () => {
    await using fixture = new PoolFixture()
    const inHandler = fixture.define({
      bundle: fetching(`return new WebAssembly.Module(new Uint8Array())`),
    })
    const atTopLevel = fixture.define({ bundle: `(() => { WebAssembly.validate })()` })
    for (const target of [inHandler, atTopLevel]) {
      const { outcome } = await fixture.get(target)
      assert.ok(outcome.kind === 'exception')
      const { name, message, stack } = outcome.error
      assert.equal(
        `${name}: ${message}`,
        'ReferenceError: WebAssembly is not defined: unsafe.wasm is false in function.jsonc, must be true',
      )
      assert.ok(stack.includes(message))
    }
  })

  it('is not missed by whoever asks before', async () => {
    await using fixture = new PoolFixture()
    const target = fixture.define({ bundle: fetching(`return new Response(typeof WebAssembly)`) })
    assert.equal(textOf(await fixture.get(target)), 'undefined')
  })
})
