import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runInNewContext } from 'node:vm'
import { bundleBootstrap } from '../../runtime/isolate/bundle-bootstrap.ts'
import { TemporaryFolder } from '../registry/temporary-folder.ts'

describe('bundleBootstrap', () => {
  it('evaluates what is imported at once and in order, and what is required when it is first asked for, once', () => {
    using folder = new TemporaryFolder({
      'main.ts': `import './first.ts'
        import { log, value } from './second.ts'
        declare function require(path: string): any
        export default { log, value, rare: () => [require('./rare.ts').value, require('./rare.ts').Thing.name, require('./other.ts').value] }`,
      'first.ts': `import { log } from './second.ts'
        log('first')`,
      'second.ts': `export const seen: string[] = []
        export function log(text: string) { seen.push(text); return seen.join() }
        export const value = 'second'
        log('second')`,
      'rare.ts': `import { log } from './second.ts'
        import { value as deep } from './deep.ts'
        export const value = 'rare ' + deep
        export class Thing { static own = 'x' }
        log('rare')`,
      'deep.ts': `import { log } from './second.ts'
        export const value = 'deep'
        log('deep')`,
      'other.ts': `import { log, value as second } from './second.ts'
        export let value = 'other ' + second
        log('other')`,
    })
    const bundle = runInNewContext(bundleBootstrap(join(folder.path, 'main.ts')))
    assert.equal(bundle.value, 'second')
    assert.equal(bundle.log('asked'), 'second,first,asked')
    const [rare, , other] = bundle.rare()
    assert.deepEqual([rare, other], ['rare deep', 'other second'])
    bundle.rare()
    assert.equal(bundle.log('end'), 'second,first,asked,deep,rare,other,end')
  })

  it('evaluates a module again that could not be evaluated', () => {
    using folder = new TemporaryFolder({
      'main.ts': `declare function require(path: string): any
        export default { rare: () => require('./rare.ts').value }`,
      'rare.ts': `declare const prepare: () => string
        export const value = prepare()`,
    })
    let attempts = 0
    const prepare = () => {
      if (++attempts === 1) throw new RangeError('Maximum call stack size exceeded')
      return 'there'
    }
    const bundle = runInNewContext(bundleBootstrap(join(folder.path, 'main.ts')), { prepare })
    assert.throws(() => bundle.rare(), /stack size/)
    assert.equal(bundle.rare(), 'there')
    assert.equal(bundle.rare(), 'there')
    assert.equal(attempts, 2)
  })

  it('makes of the guest a strict script without names on the global, whose value is the boundary', () => {
    const source = bundleBootstrap(
      fileURLToPath(new URL('../../runtime/isolate/guest/main.ts', import.meta.url)),
    )
    assert.match(source, /^\(\(\)=>\{"use strict";/)
    assert.doesNotMatch(source, /__toCommonJS|__export|require\(/)
    // One byte a character in the isolate's memory, as long as all are ASCII.
    assert.equal(Buffer.byteLength(source), source.length)
    assert.ok(source.length < 100_000, `${source.length} bytes, each isolate holds a copy`)
  })
})
