import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bundleWith, Evaluated, type Files, type TestLayer } from '../layer-fixture.ts'

const nm = 'nodejs/node_modules'

async function evaluate(layer: TestLayer | readonly TestLayer[], files: Files, main = 'index.ts') {
  const layers = 'length' in layer ? layer : [layer]
  const bundle = await bundleWith(layers, files, { main })
  const lazily = new Evaluated(bundle)
  const preloaded = new Evaluated(bundle, { isPreloaded: true })
  return { bundle, lazily, preloaded, exports: preloaded.exports, both: [lazily.exports, preloaded.exports] }
}

describe('imports from layers', () => {
  it('finds lodash in every way, as one module that is not in the function', async () => {
    const { bundle, both } = await evaluate(
      { packages: ['lodash'] },
      {
        'index.ts': `import _ from 'lodash'; import fp from 'lodash/fp'; import { map } from 'lodash'
          import * as all from 'lodash'; import own from 'own'; import map2 from 'lodash/map'
          import byPath from '/opt/nodejs/node_modules/lodash/lodash'
          export { _, fp, map, all, own, map2, byPath }; export const later = () => import('lodash')`,
        'node_modules/own/index.js': `module.exports = require('lodash')`,
      },
    )
    for (const { _, fp, map, all, own, map2, byPath, later } of both) {
      assert.equal(_.chunk([1, 2, 3], 2).length, 2)
      assert.equal(fp.map((x: number) => x + 1)([1])[0], 2)
      assert.equal(map, _.map)
      assert.equal(all.default, _)
      assert.equal(all.map, _.map)
      assert.equal(own, _)
      assert.equal(byPath, _)
      assert.equal(map2([1], (x: number) => x + 1)[0], 2)
      assert.equal((await later()).default, _)
    }
    assert.ok(bundle.code.length < 20_000, `${bundle.code.length}`)
    assert.deepEqual(bundle.layerScript!.preload, [
      `/opt/${nm}/lodash/lodash.js`,
      `/opt/${nm}/lodash/fp.js`,
      `/opt/${nm}/lodash/map.js`,
    ])
  })

  it('finds date-fns, which is written in ES modules, by name and by file', async () => {
    const { both } = await evaluate(
      { packages: ['date-fns'] },
      {
        'index.ts': `import { addDays } from 'date-fns'; import * as all from 'date-fns'
          import { addDays as same } from 'date-fns/addDays'
          export { addDays, all, same }`,
      },
    )
    for (const { addDays, all, same } of both) {
      assert.equal(addDays(new Date(0), 1).getTime(), 86_400_000)
      assert.equal(all.addDays, addDays)
      assert.equal(same, addDays)
      assert.ok(Object.keys(all).length > 200)
    }
  })

  const esm = {
    [`${nm}/live/package.json`]: '{"type":"module","exports":{".":"./index.js","./chain":"./chain.js"}}',
    [`${nm}/live/index.js`]: `export let count = 0; export const up = () => { count++ }; export default { name: 'live' }
      export * from './more.js'; export * as more from './more.js'`,
    [`${nm}/live/more.js`]: `const odd = 3; export { odd as 'a-b' }; export class Thing {}`,
    [`${nm}/live/chain.js`]: `export * from './index.js'; export * from 'plain'; export const own = 1`,
    [`${nm}/plain/index.js`]: `exports.a = 1; exports.later = () => { exports.a++ }`,
    [`${nm}/marked/index.js`]: `exports.__esModule = true; exports.default = 'default'; exports.named = 'named'`,
    [`${nm}/marked/data.json`]: '{"a":{"b":1},"not-a-name":2,"default":3}',
    [`${nm}/marked/null.json`]: 'null',
    [`${nm}/marked/page.txt`]: 'text',
    [`${nm}/call/index.js`]: `module.exports = function () { return 'called' }; module.exports.part = 1`,
  }

  it('keeps names of ES modules live, through chains of re-exports and by require', async () => {
    const { both } = await evaluate(
      { files: esm },
      {
        'index.ts': `import live, { count, up, 'a-b' as odd, more } from 'live'; import * as all from 'live'
          import * as chain from 'live/chain'; import { a, later, Thing } from 'live/chain'; import own from './own.cjs'
          export { live, up, odd, more, all, chain, own, later, Thing }; export const counts = () => [count, all.count, chain.count, own.live.count]
          export const plain = () => [a, chain.a]`,
        'own.cjs': `exports.live = require('live')`,
      },
    )
    for (const { live, up, odd, more, all, chain, own, counts, plain, later, Thing } of both) {
      assert.equal(live.name, 'live')
      assert.equal(all.default, live)
      assert.equal(own.live.default, live)
      assert.equal(own.live.__esModule, true)
      assert.equal(odd, 3)
      assert.equal(more.Thing, Thing)
      assert.deepEqual([...counts()], [0, 0, 0, 0])
      up()
      assert.deepEqual([...counts()], [1, 1, 1, 1])
      later()
      assert.deepEqual([...plain()], [2, 2])
      assert.deepEqual(Object.keys(all).sort(), ['Thing', 'a-b', 'count', 'default', 'more', 'up'])
      assert.equal('default' in chain, false)
    }
  })

  for (const [main, defaultOfMarked] of [
    ['index.ts', 'default'],
    ['index.mjs', undefined],
  ] as const) {
    it(`follows the rules for CommonJS, JSON and text that hold for ${main}`, async () => {
      const files = {
        [main]: `import marked, { named } from 'marked'; import * as all from 'marked'; import call, { part } from 'call'
          import data, { a, 'not-a-name' as odd } from 'marked/data.json'; import nothing from 'marked/null.json'
          import text from 'marked/page.txt'; import live, { count } from 'live'; import own from './own.cjs'
          export { marked, named, all, call, part, data, a, odd, nothing, text, live, count, own }
          export const later = async () => [await import('marked'), await import('call'), await import('live'), await import('marked/data.json')]`,
        'own.cjs': `module.exports = [require('marked'), require('call'), require('live'), require('marked/data.json'), require('marked/page.txt')]`,
      }
      const { both } = await evaluate({ files: esm }, files, main)
      // Node's rules make the default what is exported, whatever it says of itself.
      for (const one of both) {
        const { marked, named, all, call, part, data, a, odd, nothing, text, live, count, own } = one
        assert.equal(marked, defaultOfMarked ?? own[0])
        assert.equal(all.default, marked)
        assert.equal(named, 'named')
        assert.equal(call(), 'called')
        assert.equal(part, 1)
        assert.equal(own[1], call)
        assert.equal(data.a, a)
        assert.equal(own[3], data)
        assert.equal(odd, 2)
        assert.equal(nothing, null)
        assert.equal(text, 'text')
        assert.equal(own[4], 'text')
        assert.equal(live.name, 'live')
        assert.equal(own[2].default, live)
        assert.equal(count, 0)
        const [markedLater, callLater, liveLater, dataLater] = await one.later()
        assert.equal(markedLater.default, marked)
        assert.equal(callLater.default, call)
        assert.equal(liveLater.default, live)
        assert.equal(dataLater.default, data)
      }
      const bundled = await evaluate(
        {},
        {
          ...files,
          ...Object.fromEntries(
            Object.entries(esm).map(([path, text]) => [path.replace('nodejs/', ''), text]),
          ),
        },
        main,
      )
      // As without layers.
      assert.equal(bundled.bundle.layerScript, null)
      const [own] = bundled.both
      assert.equal(own.marked, defaultOfMarked ?? own.own[0])
    })
  }

  it('gives importers the names that a module has when they import it', async () => {
    const { both } = await evaluate(
      {
        files: {
          [`${nm}/base/index.js`]: 'exports.one = 1',
          [`${nm}/more/index.js`]: `require('base').two = 2`,
          [`${nm}/other/index.js`]: 'exports.base = {}',
        },
      },
      {
        'index.ts': `import './patch.cjs'; import * as patched from 'other'; export { one } from 'base'
          import './late'; import * as first from 'base'
          export const names = [Object.keys(patched), Object.keys(first)]
          export const later = async () => { await import('more'); return Object.keys(await import('base')) }`,
        'patch.cjs': `require('other').patch = 1`,
        'late.ts': `import base from 'base'; base.three = 3`,
      },
    )
    for (const { names, later } of both) {
      assert.equal(JSON.stringify(names), '[["default","base","patch"],["default","one","three"]]')
      assert.deepEqual([...(await later())], ['default', 'one', 'three', 'two'])
    }
  })

  it('lets layers have circles, within and between packages', async () => {
    const { both } = await evaluate(
      [
        {
          files: {
            [`${nm}/a/index.js`]: `exports.name = 'a'; exports.b = require('b'); exports.seen = exports.b.a.name`,
            [`${nm}/c/package.json`]: '{"type":"module"}',
            [`${nm}/c/index.js`]: `import { d } from './d.js'; export const c = () => 'c' + d()`,
            [`${nm}/c/d.js`]: `import { c } from './index.js'; export const d = () => typeof c`,
          },
        },
        { files: { [`${nm}/b/index.js`]: `exports.a = require('a'); exports.name = exports.a.name + 'b'` } },
      ],
      { 'index.ts': `import a from 'a'; import { c } from 'c'; export default [a.seen, a.b.name, c()]` },
    )
    for (const exports of both) assert.deepEqual([...exports.default], ['a', 'ab', 'cfunction'])
  })

  it('takes a package that has two builds once by import and once by require', async () => {
    const { both, bundle } = await evaluate(
      {
        files: {
          [`${nm}/@scope/dual/package.json`]:
            '{"exports":{".":{"node":"./node.js","import":"./m.mjs","require":"./c.cjs"},"./w":{"import":"./m.mjs","browser":"./b.js","worker":"./w.js","workerd":"./wd.js"}}}',
          [`${nm}/@scope/dual/m.mjs`]: `globalThis.log = [...globalThis.log ?? [], 'm']; export default 'import'`,
          [`${nm}/@scope/dual/c.cjs`]: `globalThis.log = [...globalThis.log ?? [], 'c']; module.exports = 'require'`,
          [`${nm}/@scope/dual/b.js`]: `module.exports = 'browser'`,
          [`${nm}/@scope/dual/wd.js`]: `module.exports = 'workerd'`,
          [`${nm}/@scope/dual/w.js`]: `module.exports = 'worker'`,
          [`${nm}/@scope/user/index.js`]: `module.exports = require('@scope/dual')`,
        },
      },
      {
        'index.ts': `import dual from '@scope/dual'; import user from '@scope/user'; import own from 'own'; import w from '@scope/dual/w'
          export default [dual, user, own, w]; export const log = globalThis.log`,
        'node_modules/own/index.js': `module.exports = require('@scope/dual')`,
      },
    )
    // What is the first condition of the package itself counts, as everywhere.
    for (const one of both) {
      assert.deepEqual([...one.default].slice(0, 3), ['import', 'require', 'require'])
      assert.deepEqual([...one.log], ['m', 'c'])
    }
    assert.equal(bundle.layerScript!.preload.length, 3)
  })

  it("prefers the function's own files and packages", async () => {
    const { exports, bundle } = await evaluate(
      {
        files: {
          [`${nm}/p/index.js`]: `module.exports = 'layer'`,
          [`${nm}/q/index.js`]: `module.exports = require('p')`,
        },
      },
      {
        'index.ts': `import p from 'p'; import q from 'q'; export default [p, q]`,
        'node_modules/p/index.js': `module.exports = 'own'`,
      },
    )
    assert.deepEqual([...exports.default], ['own', 'layer'])
    assert.doesNotMatch(bundle.layerScript!.code, /'own'|"own"/)
  })

  it('takes the file of the later layer', async () => {
    const { exports } = await evaluate(
      [
        {
          files: {
            [`${nm}/p/index.js`]: `exports.from = 'first'; exports.other = require('./other.js')`,
            [`${nm}/p/other.js`]: `module.exports = 'first'`,
          },
        },
        { files: { [`${nm}/p/index.js`]: `exports.from = 'second'; exports.other = require('./other.js')` } },
      ],
      { 'index.ts': `export { default } from 'p'` },
    )
    assert.deepEqual({ ...exports.default }, { from: 'second', other: 'first' })
  })

  it('finds files by their path below /opt, with extensions and folders as elsewhere', async () => {
    const { exports } = await evaluate(
      {
        files: {
          'lib/tool.ts': `import data from '/opt/data.json'; import { b } from '../other'; export const tool: string = data.name + b`,
          'lib/user.js': `exports.b = require('b')`,
          'other/index.js': `export const b = '!'`,
          'data.json': '{"name":"tool"}',
          [`${nm}/b/index.js`]: `module.exports = 'b'`,
        },
      },
      {
        'index.ts': `import { tool } from '/opt/lib/tool'; import user from '/opt/lib/../lib/user.js'; export default [tool, user.b]`,
      },
    )
    assert.deepEqual([...exports.default], ['tool!', 'b'])
  })

  it('finds them in layers without packages', async () => {
    const { exports } = await evaluate(
      { files: { 'lib/one.js': `exports.one = 1` } },
      { 'index.ts': `import { one } from '/opt/lib/one.js'; export default one` },
    )
    assert.equal(exports.default, 1)
  })

  it('gives both the files of the layers', async () => {
    const { exports } = await evaluate(
      {
        files: {
          [`${nm}/b/index.js`]: `import { readText } from 'isolette:layers'; export const text = readText('/opt/x')`,
        },
      },
      {
        'index.ts': `import { readText, readFile, list } from 'isolette:layers'; import { text } from 'b'; export default [text, readText('y')]`,
      },
    )
    assert.deepEqual([...exports.default], ['text of /opt/x', 'text of y'])
  })

  it('preloads what is imported at the start, in that order', async () => {
    const files = Object.fromEntries(
      ['a', 'b', 'c', 'd'].map((name) => [`${nm}/${name}/index.js`, `exports.name = '${name}'`]),
    )
    const { bundle, lazily } = await evaluate(
      { files },
      {
        'index.ts': `import { b } from './later'; import 'c'; export const lazy = () => import('./lazy'); export { b }`,
        'later.ts': `import b from 'b'; export { b }`,
        'lazy.ts': `import d from 'd'; export { d }; export const a = () => import('a')`,
      },
    )
    const paths = (names: string[]) => names.map((name) => `/opt/${nm}/${name}/index.js`)
    assert.deepEqual(bundle.layerScript!.preload, paths(['b', 'c']))
    const ofLayers = lazily.required.filter((path) => path.startsWith('/opt/'))
    assert.deepEqual(ofLayers, paths(['b', 'c']))
    // What waiting isolates made of them is used.
    assert.ok(lazily.required.includes('isolette:namespaces'))
    assert.equal((await (await lazily.exports.lazy()).a()).name, 'a')
  })

  it('preloads what a layer says instead of what is imported from it', async () => {
    const bundle = await bundleWith(
      [
        { files: { [`${nm}/a/index.js`]: '', [`${nm}/b/index.js`]: '' }, preload: ['b', 'nowhere'] },
        { files: { [`${nm}/c/index.js`]: '' } },
      ],
      { 'index.ts': `import 'a'; import 'c'` },
    )
    assert.deepEqual(bundle.layerScript!.preload, [`/opt/${nm}/c/index.js`, `/opt/${nm}/b/index.js`])
    assert.deepEqual(bundle.warnings, [
      'Cannot preload "nowhere" of layer first:1: not there, must be a module of the layers',
    ])
  })

  it('says so as well when nothing is imported', async () => {
    const bundle = await bundleWith([{ files: { a: '' }, preload: ['nowhere'] }], { 'index.ts': '' })
    assert.equal(bundle.layerScript, null)
    assert.deepEqual(bundle.warnings, [
      'Cannot preload "nowhere" of layer first:1: not there, must be a module of the layers',
    ])
  })

  it('lowers async functions of both if one imports node:async_hooks, which both share', async () => {
    const files = {
      [`${nm}/a/index.js`]: `exports.wait = async (f) => { await 1; return f() }; exports.hooks = () => 0`,
    }
    const hooks = {
      [`${nm}/a/index.js`]: `exports.AsyncLocalStorage = require('async_hooks').AsyncLocalStorage; exports.wait = async (f) => { await 1; return f() }`,
    }
    const byFunction = `import { AsyncLocalStorage } from 'node:async_hooks'; import a from 'a'
      const storage = new AsyncLocalStorage(); export const run = () => storage.run(7, async () => { await 2; return await a.wait(() => storage.getStore()) })
      export const isShared = a.AsyncLocalStorage === AsyncLocalStorage`
    for (const [layer, code] of [
      [files, byFunction],
      [hooks, byFunction],
      [
        hooks,
        `import a from 'a'; const storage = new a.AsyncLocalStorage(); export const run = () => storage.run(7, () => a.wait(() => storage.getStore()))`,
      ],
    ] as const) {
      const { both, bundle } = await evaluate({ files: layer }, { 'index.ts': code })
      assert.doesNotMatch(bundle.code + bundle.layerScript!.code, /await [12]/)
      for (const one of both) {
        assert.equal(await one.run(), 7)
        if ('isShared' in one) assert.equal(one.isShared, layer === hooks)
      }
    }
  })

  it('needs no script where nothing is imported', async () => {
    const { bundle, exports } = await evaluate({ files: esm }, { 'index.ts': 'export default 1' })
    assert.equal(bundle.layerScript, null)
    assert.equal(exports.default, 1)
  })

  it('gives the same bytes wherever the files lie, without a path of this machine', async () => {
    const make = () =>
      bundleWith([{ files: esm, packages: ['lodash'] }], {
        'index.ts': `import 'live/chain'; import 'lodash'; import 'marked/data.json'`,
      })
    const [one, two] = [await make(), await make()]
    assert.deepEqual(one, two)
    const { code, sourceMap } = one.layerScript!
    for (const text of [one.code, one.sourceMap, code, sourceMap]) assert.doesNotMatch(text, /isolette-\w{6}/)
    const { sources } = JSON.parse(sourceMap) as { sources: string[] }
    for (const source of sources) assert.match(source, /^(\/opt\/|isolette:)/)
  })
})
