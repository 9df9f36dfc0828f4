import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import ivm from 'isolated-vm'
import { CompiledBootstrap } from '../../runtime/isolate/compiled-bootstrap.ts'
import { compileRehearsed } from '../../runtime/isolate/rehearsed-code.ts'

/** What a bootstrap must have. */
const stage = 'load() {}, enter() {}, collect() {}'

/** An isolate whose `part(number)` asks for a part of the bootstrap. */
function isolateOf(bootstrap: CompiledBootstrap) {
  const isolate = new ivm.Isolate({ memoryLimit: 16 })
  const context = isolate.createContextSync()
  context.global.setSync(
    'part',
    new ivm.Callback((number: unknown) => bootstrap.evaluatePart(isolate, context, number)),
  )
  return { isolate, context, [Symbol.dispose]: () => isolate.dispose() }
}

describe('CompiledBootstrap', () => {
  it('evaluates its scripts in any isolate, parts within a call of the guest', () => {
    const bootstrap = new CompiledBootstrap([
      `({ ${stage}, add: (a, b) => a + b })`,
      '((one) => ({ value: [one, typeof part] }))',
    ])
    for (let round = 0; round < 2; round++) {
      using guest = isolateOf(bootstrap)
      const main = bootstrap.evaluate(guest.isolate, guest.context)
      assert.equal(main.getSync('add', { reference: true }).applySync(undefined, [1, 2]), 3)
      const code =
        'const evaluate = part(1); JSON.stringify([evaluate(5).value, evaluate instanceof Function])'
      assert.equal(guest.context.evalSync(code), '[[5,"function"],true]')
    }
  })

  it('gives nothing for what is no part, or cannot be evaluated', () => {
    const bootstrap = new CompiledBootstrap([`({ ${stage} })`, 'throw new Error("of the host")'])
    using guest = isolateOf(bootstrap)
    for (const number of [
      '0',
      '1',
      '2',
      '-1',
      '0.5',
      'NaN',
      '1e20',
      '"1"',
      '"length"',
      '[1]',
      'null',
      'undefined',
    ])
      assert.equal(guest.context.evalSync(`part(${number})`), undefined, number)
  })
})

describe('compileRehearsed', () => {
  /** V8 takes code for any source of the same length: what was compiled answers as it was then. */
  const source = (answer: number) => `({
    load() {},
    async enter() { await null; this.later() },
    collect: () => ${answer},
    later: () => ${answer},
    other: () => ${answer},
  })`

  it('compiles what a request calls, also later in its turn, and nothing else', () => {
    const isolate = new ivm.Isolate({ memoryLimit: 16 })
    const context = isolate.createContextSync()
    const script: ivm.Script & { cachedDataRejected?: boolean } = isolate.compileScriptSync(source(2), {
      filename: 'x',
      cachedData: compileRehearsed(source(1), 'x'),
    })
    assert.equal(script.cachedDataRejected, false)
    const exports: ivm.Reference = script.runSync(context, { reference: true })
    const answers = ['collect', 'later', 'other'].map((name) =>
      exports.getSync(name, { reference: true }).applySync(),
    )
    assert.deepEqual(answers, [1, 1, 2])
    isolate.dispose()
  })
})
