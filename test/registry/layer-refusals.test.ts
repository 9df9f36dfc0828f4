import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fixedLimits } from '../../runtime/model/limits.ts'
import { bundleFunction } from '../../runtime/registry/bundling/bundle.ts'
import { bundleWith, Evaluated, type Files } from './layer-fixture.ts'
import { TemporaryFolder } from './temporary-folder.ts'

const nm = 'nodejs/node_modules'

/** What a package `p` in a layer has, and what of the function imports it. */
async function messageOf(layer: Files, code = `import 'p'`, wasm = false): Promise<string> {
  const error = await bundleWith([{ files: layer }], { 'index.ts': code }, { wasm }).then(
    () => assert.fail('the bundle was built'),
    (error: unknown) => error,
  )
  assert.ok(error instanceof Error)
  assert.equal((error as { code?: unknown }).code, 'build_failed')
  return error.message
}

const p = `${nm}/p/index.js`

describe('what layers cannot give', () => {
  const ofFunction: [name: string, layer: Files, code: string, message: RegExp][] = [
    [
      'a package that is nowhere',
      { [p]: '' },
      `import 'nope'`,
      /^index\.ts:1:8: Cannot resolve "nope": searched \/opt\/nodejs\/node_modules$/,
    ],
    [
      'a package that only the machine has, above the layers',
      { [p]: '' },
      `import 'above'`,
      /^index\.ts:1:8: Cannot resolve "above": searched \/opt\/nodejs\/node_modules$/,
    ],
    [
      'a module of ours that there is not',
      { [p]: '' },
      `import 'isolette:nope'`,
      /^index\.ts:1:8: Cannot import "isolette:nope": no such module, must be isolette:layers$/,
    ],
    [
      'a module of ours that there is not, for a module of a layer',
      { [p]: `require('isolette:nope')` },
      `import 'p'`,
      /^\/opt\/nodejs\/node_modules\/p\/index\.js:1:9: Cannot import "isolette:nope": no such module, must be isolette:layers$/,
    ],
    [
      'what a package of a layer does not export',
      { [p]: '', [`${nm}/p/package.json`]: '{"exports":"./index.js"}' },
      `import 'p/inner'`,
      /^index\.ts:1:8: Cannot resolve "p\/inner": searched \/opt\/nodejs\/node_modules \(\/opt\/nodejs\/node_modules\/p has or exports no "\.\/inner"\)$/,
    ],
    [
      'a file that is not there',
      { [p]: '' },
      `import '/opt/nodejs/nope'`,
      /^index\.ts:1:8: Cannot resolve "\/opt\/nodejs\/nope": no such file in the layers$/,
    ],
    [
      'a file outside of the layers',
      { [p]: '' },
      `import '/opt/../outside.js'`,
      /^index\.ts:1:8: Cannot resolve "\/opt\/\.\.\/outside\.js": leads out of \/opt$/,
    ],
    [
      'a name that an ES module does not export',
      { [p]: `export const a = 1` },
      `import { b } from 'p'; export default b`,
      /^index\.ts:1:10: No matching export in "\/opt\/nodejs\/node_modules\/p\/index\.js" for import "b"$/,
    ],
    [
      'a name that JSON does not have',
      { [`${nm}/p/a.json`]: `{"a":1}` },
      `import { b } from 'p/a.json'; export default b`,
      /^index\.ts:1:10: No matching export in "\/opt\/nodejs\/node_modules\/p\/a\.json" for import "b"$/,
    ],
    [
      'WebAssembly, unless the function is allowed it',
      { [`${nm}/p/a.wasm`]: '' },
      `import 'p/a.wasm'`,
      /^index\.ts:1:8: Cannot import "p\/a\.wasm": unsafe\.wasm is false/,
    ],
  ]
  for (const [name, layer, code, message] of ofFunction) {
    it(`refuses ${name}`, async () => assert.match(await messageOf(layer, code), message))
  }

  const ofLayer: [name: string, layer: Files, message: RegExp][] = [
    [
      'a package that no layer has',
      { [p]: `\nrequire('nope')` },
      /^\/opt\/nodejs\/node_modules\/p\/index\.js:2:9: Cannot resolve "nope": searched \/opt\/nodejs\/node_modules$/,
    ],
    [
      'a package that no layer has, for a package with packages of its own',
      { [p]: `import 'nope'`, [`${nm}/p/node_modules/q/index.js`]: '' },
      /^\/opt\/\S+p\/index\.js:1:8: Cannot resolve "nope": searched \/opt\/nodejs\/node_modules\/p\/node_modules, \/opt\/nodejs\/node_modules$/,
    ],
    [
      'a package of the function',
      { [p]: `require('own')` },
      /^\/opt\/\S+p\/index\.js:1:9: Cannot resolve "own": searched \/opt\/nodejs\/node_modules$/,
    ],
    [
      'a package that only the machine has, above the layers',
      { [p]: `require('above')` },
      /^\/opt\/\S+p\/index\.js:1:9: Cannot resolve "above": searched \/opt\/nodejs\/node_modules$/,
    ],
    [
      'a way out of the layers',
      { [p]: `require('../../../../outside.js')` },
      /^\/opt\/\S+p\/index\.js:1:9: Cannot resolve "\.\.\/\.\.\/\.\.\/\.\.\/outside\.js": leads out of the layers$/,
    ],
    [
      'a way out of the layers in a package.json',
      { [p]: `require('q')`, [`${nm}/q/package.json`]: '{"main":"../../../../outside.js"}' },
      /^\/opt\/\S+p\/index\.js:1:9: Cannot resolve "q": searched \/opt\/nodejs\/node_modules \(\S+\/q has or exports no "\."\)$/,
    ],
    [
      'a way out of the layers in a package.json of the same package',
      { [p]: `require('./a')`, [`${nm}/p/package.json`]: '{"browser":{"./a":"../../../../outside.js"}}' },
      /^\/opt\/\S+p\/index\.js:1:9: Cannot import a file outside of the layers$/,
    ],
    [
      'a pattern that leads out of the layers',
      { [p]: `exports.get = (name) => require('./../../../../' + name + 'tside.js')` },
      /^\/opt\/\S+p\/index\.js:1:33: Cannot import a file outside of the layers$/,
    ],
    [
      'an absolute path',
      { [p]: `require('/etc/hostname')` },
      /^\/opt\/\S+p\/index\.js:1:9: Cannot resolve "\/etc\/hostname": no such file in the layers$/,
    ],
    [
      'a module of Node.js',
      { [p]: `import 'node:fs'` },
      /^\/opt\/\S+p\/index\.js:1:8: Cannot import "node:fs" for package "p": part of Node\.js/,
    ],
    [
      'await at the top level',
      { [p]: `export const a = await 1` },
      /^\/opt\/\S+p\/index\.js:1:18: Cannot use await at the top level of a module/,
    ],
    ['what does not parse', { [p]: 'let let' }, /^\/opt\/\S+p\/index\.js:1:5: /],
  ]
  for (const [name, layer, message] of ofLayer) {
    it(`refuses a layer ${name}`, async () => {
      const error = await bundleWith([{ files: layer }], {
        'index.ts': `import 'p'`,
        'node_modules/own/index.js': '',
      }).then(
        () => assert.fail('the bundle was built'),
        (error: Error) => error.message,
      )
      assert.match(error, message)
    })
  }

  it('reads no file of the machine that a source map names', async () => {
    using secret = new TemporaryFolder({ 'secret.ts': 'the secret', 'index.js.map': '' })
    const file = join(secret.path, 'secret.ts')
    const map = { version: 3, sources: [file], names: [], mappings: 'AAAA' }
    writeFileSync(join(secret.path, 'index.js.map'), JSON.stringify(map))
    const inline = `data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}`
    const comments = [
      `//# sourceMappingURL=${inline}`,
      `/*# sourceMappingURL=${inline} */`,
      `//@ sourceMappingURL=${secret.path}/index.js.map`,
      `//# sourceMappingURL=file://${secret.path}/index.js.map`,
    ]
    for (const comment of comments) {
      for (const name of ['index.js', 'index.mts', 'index']) {
        const { layerScript } = await bundleWith(
          [{ files: { [`${nm}/p/${name}`]: `console.log(1)\n${comment}` } }],
          { 'index.ts': `import '/opt/${nm}/p/${name}'` },
        )
        assert.doesNotMatch(layerScript!.sourceMap, /the secret/, comment)
        assert.deepEqual(JSON.parse(layerScript!.sourceMap).sources.includes(`/opt/${nm}/p/${name}`), true)
      }
    }
  })

  it('lets modules go on without what they ask for carefully', async () => {
    const bundle = await bundleWith(
      [
        {
          files: {
            [p]: `const ask = (name, get) => { try { get() } catch { exports[name] = 'missing' } }
              try { require('above') } catch { exports.above = 'missing' }
              try { require('nope') } catch { exports.nope = 'missing' }
              try { require('/etc/hostname') } catch { exports.file = 'missing' }
              try { require('fs') } catch { exports.fs = 'missing' }
              exports.events = require('events')`,
            [`${nm}/events/index.js`]: `module.exports = 'installed'`,
          },
        },
      ],
      {
        'index.ts': `import p from 'p'; let own; try { require('/opt/nope') } catch { own = 'missing' }
          import events from 'events'; export default [p.above, p.nope, p.file, p.fs, own, p.events, events]`,
      },
    )
    const missing = ['missing', 'missing', 'missing', 'missing', 'missing']
    assert.deepEqual([...new Evaluated(bundle).exports.default], [...missing, 'installed', 'installed'])
  })

  it('lets layers have WebAssembly for a function that is allowed it', async () => {
    const bundle = await bundleWith(
      [
        {
          files: {
            [p]: `import wasm from './a.wasm'; export default wasm`,
            [`${nm}/p/a.wasm`]: '\0asm\u0001\0\0\0',
          },
        },
      ],
      { 'index.ts': `import one from 'p'; import other from 'p/a.wasm?module'; export default [one, other]` },
      { wasm: true },
    )
    const [one, other] = new Evaluated(bundle).exports.default
    assert.equal(Object.prototype.toString.call(one), '[object WebAssembly.Module]')
    assert.equal(one, other)
  })

  it('says of a function without layers that it has none', async () => {
    for (const specifier of ['/opt/nodejs/x.js', 'isolette:layers']) {
      using folder = new TemporaryFolder({ 'index.ts': `import '${specifier}'` })
      await assert.rejects(bundleFunction({ folder: folder.path, main: 'index.ts', usesTsconfig: false }), {
        code: 'build_failed',
        message: /^index\.ts:1:8: Cannot .*: the function has no layers$/,
      })
    }
  })

  it('does not even read more than twice as much', async () => {
    const name = (at: number) => `${nm}/p/${at}.txt`
    const files = Object.fromEntries([0, 1, 2].map((at) => [name(at), 'x'.repeat(18_000_000)]))
    const code = [0, 1, 2].map((at) => `import '/opt/${name(at)}'`).join('\n')
    assert.match(
      await messageOf(files, code),
      /^\/opt(\/\S+)?: Cannot import over 52428800 bytes of files of layers: must be at most as many$/,
    )
  })

  it('refuses more modules than an isolate should hold', async () => {
    const text = 'x'.repeat(fixedLimits.maxLayerScriptBytes)
    assert.match(
      await messageOf({ [p]: `module.exports = '${text}'` }),
      /^\/opt: Cannot use \d+ bytes of modules of layers: must be at most 26214400$/,
    )
  })
})
