import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createContext, runInContext } from 'node:vm'
import { op } from '../../../runtime/isolate/abi.ts'
import { bundleBootstrap } from '../../../runtime/isolate/bundling/bundle-bootstrap.ts'
import { TemporaryFolder } from '../../registry/temporary-folder.ts'

/** Bundles modules and evaluates the main script, with a host that evaluates parts; `load.main` is its value. */
async function load(files: Record<string, string>, globals: object = {}) {
  using folder = new TemporaryFolder(files)
  const scripts = await bundleBootstrap(join(folder.path, 'main.ts'))
  const asked: number[] = []
  const context = createContext({
    ...globals,
    __isoletteProgress: new SharedArrayBuffer(8),
    __isoletteOp: (number: number, part: number) => {
      assert.equal(number, op.evaluatePart)
      asked.push(part)
      return runInContext(scripts[part]!, context)
    },
  })
  const main = runInContext(scripts[0]!, context)
  return { main, asked, context }
}

const declareRequire = 'declare function require(path: string): any\n'

describe('bundleBootstrap', () => {
  it('evaluates what is imported at once and in order, and what is required when it is first asked for, once', async () => {
    const { main, asked } = await load({
      'main.ts': `import './first.ts'
        import { log, value } from './second.ts'
        ${declareRequire}
        export default { log, value, rare: () => [require('./rare.ts').value, new (require('./rare.ts').Thing)().own, require('./other.ts').value] }`,
      'first.ts': `import { log } from './second.ts'
        log('first')`,
      'second.ts': `export const seen: string[] = []
        export function log(text: string) { seen.push(text); return seen.join() }
        export const value = 'second'
        log('second')`,
      'rare.ts': `import { log } from './second.ts'
        import { value as deep } from './deep.ts'
        export const value = 'rare ' + deep
        export class Thing { own = 'x' }
        log('rare')`,
      'deep.ts': `import { log } from './second.ts'
        export const value = 'deep'
        log('deep')`,
      'other.ts': `import { log, value as second } from './second.ts'
        export let value = 'other ' + second
        log('other')`,
    })
    assert.equal(main.value, 'second')
    assert.equal(main.log('asked'), 'second,first,asked')
    assert.deepEqual(asked, [])
    assert.deepEqual([...main.rare()], ['rare deep', 'x', 'other second'])
    const count = asked.length
    main.rare()
    assert.equal(main.log('end'), 'second,first,asked,deep,rare,other,end')
    assert.deepEqual(asked.length, count)
  })

  it('gives parts what their modules import of each other, and evaluates it once', async () => {
    const large = `export const padding = '${'x'.repeat(20_000)}'`
    const { main, asked } = await load({
      'main.ts': `${declareRequire} export default { one: () => require('./one/one.ts').value, two: () => require('./two/two.ts').value,
        count: () => require('./base/base.ts').count(), lengths: () => [require('./one/one.ts').padding.length, require('./two/two.ts').padding.length, require('./base/base.ts').padding.length] }`,
      'one/one.ts': `import { tell, Base } from '../base/base.ts'
        ${large}
        ${declareRequire}
        class One extends Base {}
        export const value = () => tell(new One('one')) + require('../two/two.ts').value()`,
      'two/two.ts': `import { tell, Base } from '../base/base.ts'
        ${large}
        export const value = () => tell(new Base('two'))`,
      'base/base.ts': `${large}
        export let tell: (base: Base) => string
        export class Base { #name; constructor(name: string) { this.#name = name } static { tell = (base) => base.#name } }
        let made = 0
        export const count = () => ++made`,
    })
    assert.equal(main.one()(), 'onetwo')
    assert.equal(main.two()(), 'two')
    assert.deepEqual([main.count(), main.count()], [1, 2])
    assert.equal(asked.length, 3)
    assert.deepEqual([...main.lengths()], [20_000, 20_000, 20_000])
  })

  it('evaluates a part again that could not be evaluated', async () => {
    let attempts = 0
    const prepare = () => {
      if (++attempts === 1) throw new RangeError('Maximum call stack size exceeded')
      return 'there'
    }
    const { main } = await load(
      {
        'main.ts': `${declareRequire} export default { rare: () => require('./rare.ts').value }`,
        'rare.ts': `declare const prepare: () => string
          export const value = prepare()`,
      },
      { prepare },
    )
    assert.throws(() => main.rare(), /stack size/)
    assert.equal(main.rare(), 'there')
    assert.equal(main.rare(), 'there')
    assert.equal(attempts, 2)
  })

  it("puts the language's own functions under the names that packages use, whatever the guest made of its globals", async () => {
    const { main, context } = await load({
      'main.ts': `${declareRequire} export default { promise: () => require('./rare.ts').promise() }`,
      'rare.ts': `import { promise } from 'package'
        export { promise }`,
      'node_modules/package/package.json': '{ "module": "index.mjs", "sideEffects": false }',
      'node_modules/package/index.mjs': `export function promise() { return [new Promise(() => {}), TypeError, typeof queueMicrotask, globalThis.Promise] }`,
    })
    const before = runInContext('Promise', context)
    runInContext('globalThis.Promise = globalThis.TypeError = globalThis.queueMicrotask = null', context)
    const [promise, error, microtask, patched] = main.promise()
    assert.ok(promise instanceof before)
    assert.deepEqual([error.name, microtask, patched], ['TypeError', 'function', null])
  })

  it('refuses modules that ask in another way', async () => {
    const files = {
      'main.ts': `${declareRequire} export default () => { const rare = require('./rare.ts'); return rare.value }`,
      'rare.ts': 'export const value = 1',
    }
    await assert.rejects(load(files), /Cannot bundle main.ts: it must ask by require/)
  })

  it('makes of the guest strict scripts without names on the global, the first of which evaluates to the boundary', async () => {
    const entry = fileURLToPath(new URL('../../../runtime/isolate/guest/main.ts', import.meta.url))
    const scripts = await bundleBootstrap(entry)
    for (const [part, script] of scripts.entries()) {
      assert.match(script, part === 0 ? /^\(\(\(\)=>\{"use strict";/ : /^\(\([\w$]+=>\{"use strict";/)
      assert.doesNotMatch(script, /require\(|required\$|mainExports/)
      // One byte a character in the isolate's memory, as long as all are ASCII.
      assert.equal(Buffer.byteLength(script), script.length)
    }
    assert.ok(scripts[0]!.length < 40_000, `${scripts[0]!.length} bytes, each isolate holds a copy`)
  })
})
