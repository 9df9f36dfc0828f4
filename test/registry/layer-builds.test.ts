import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { IsoletteError } from '../../runtime/model/errors.ts'
import type { ResolvedLayer } from '../../runtime/model/layer.ts'
import type { Build } from '../../runtime/registry/builder/build.ts'
import { createBuilder } from '../../runtime/registry/builder/builder-client.ts'
import { packLayer } from '../../runtime/registry/layers/pack-layer.ts'
import { encodeLayerIndex } from '../../runtime/registry/layers/read-layer-index.ts'
import { openArtifactStore } from '../../runtime/registry/store/artifact-store.ts'
import { TemporaryFolder } from './temporary-folder.ts'

type Files = Readonly<Record<string, string>>

const nm = 'nodejs/node_modules'

describe('builds with layers', () => {
  // As in the folder of a project: what that says of its modules is not said of those of layers.
  const data = new TemporaryFolder({ 'package.json': '{ "type": "module" }' })
  const artifacts = openArtifactStore(join(data.path, 'artifacts'))
  const published = new Map<string, ResolvedLayer>()
  const builder = createBuilder({
    layers: {
      artifacts: join(data.path, 'artifacts'),
      cache: join(data.path, 'cache'),
      resolve: (references) =>
        references.map((reference) => {
          const layer = published.get(reference)
          if (layer === undefined)
            throw new IsoletteError('layer_not_found', `Cannot find layer ${reference}`)
          return layer
        }),
    },
  })
  after(async () => {
    await builder.close()
    data[Symbol.dispose]()
  })

  async function publish(reference: string, files: Files): Promise<void> {
    using folder = new TemporaryFolder(files)
    using temporary = new TemporaryFolder()
    const { index, packFile } = await packLayer({ path: folder.path, temporaryFolder: temporary.path })
    await artifacts.adopt(packFile)
    published.set(reference, {
      reference,
      index: await artifacts.put(await encodeLayerIndex(index)),
      pack: index.pack,
    })
  }

  async function build(config: object, code: string): Promise<Build> {
    using folder = new TemporaryFolder({ 'f/function.jsonc': JSON.stringify(config), 'f/index.ts': code })
    return await builder.build({ path: join(folder.path, 'f'), name: null })
  }

  const handler = 'export default { fetch() { return new Response() } }'

  it('freezes layers by content, and preloads what is imported from them', async () => {
    await publish('tools:1', {
      [`${nm}/tools/index.js`]: `import { readText } from 'isolette:layers'; export const text = readText('/opt/data.txt')`,
      'data.txt': 'hello',
    })
    const built = await build(
      { layers: ['tools:1'] },
      `import { text } from 'tools'; if (text !== 'hello') throw new Error(text)\n${handler}`,
    )
    const { index, pack } = published.get('tools:1')!
    assert.deepEqual(built.layers, ['tools:1'])
    assert.deepEqual(built.layerSet!.indexes, [index])
    assert.deepEqual(built.layerSet!.packs, [pack])
    assert.equal(built.layerSet!.isPreloaded, true)
    assert.equal(built.layerSet!.readsFiles, true)
    assert.match(Buffer.from(built.layerSet!.script!).toString(), /\/opt\/data\.txt/)
    assert.deepEqual(built.warnings, [])
    assert.deepEqual(
      await build(
        { layers: ['tools:1'] },
        `import { text } from 'tools'; if (text !== 'hello') throw new Error(text)\n${handler}`,
      ),
      built,
    )
  })

  it('has no script for layers of which nothing is imported', async () => {
    await publish('files:1', { 'data.txt': 'hello' })
    const { layerSet } = await build({ layers: ['files:1'] }, handler)
    assert.deepEqual(
      { script: layerSet!.script, sourceMap: layerSet!.sourceMap, isPreloaded: layerSet!.isPreloaded },
      { script: null, sourceMap: null, isPreloaded: false },
    )
    assert.equal(layerSet!.readsFiles, undefined)
  })

  it('notes that the function itself reads files of its layers', async () => {
    await publish('files:1', { 'data.txt': 'hello' })
    const { layerSet } = await build(
      { layers: ['files:1'] },
      `import { list } from 'isolette:layers'; if (list('/opt').length !== 1) throw 1\n${handler}`,
    )
    assert.equal(layerSet!.readsFiles, true)
  })

  it('takes the file of the later layer', async () => {
    await publish('one:1', { [`${nm}/p/index.js`]: `exports.from = 'one'` })
    await publish('two:1', { [`${nm}/p/index.js`]: `exports.from = 'two'` })
    for (const [layers, last] of [
      [['one:1', 'two:1'], 'two'],
      [['two:1', 'one:1'], 'one'],
    ] as const)
      await build(
        { layers },
        `import p from 'p'; if (p.from !== '${last}') throw new Error(p.from)\n${handler}`,
      )
  })

  it('preloads layers that carry contexts, for functions that do as well', async () => {
    await publish('context:1', {
      [`${nm}/context/index.js`]: `const { AsyncLocalStorage } = require('async_hooks')
        exports.storage = new AsyncLocalStorage(); exports.AsyncLocalStorage = AsyncLocalStorage`,
    })
    const { layerSet, warnings } = await build(
      { layers: ['context:1'] },
      `import { AsyncLocalStorage } from 'node:async_hooks'; import { storage, AsyncLocalStorage as same } from 'context'
      if (same !== AsyncLocalStorage || storage.run(7, () => storage.getStore()) !== 7) throw new Error('apart')\n${handler}`,
    )
    assert.deepEqual(warnings, [])
    assert.equal(layerSet!.isPreloaded, true)
  })

  it('refuses a layer that there is not', async () => {
    await assert.rejects(build({ layers: ['one:1', 'nope:3'] }, handler), {
      code: 'layer_not_found',
      message: 'Cannot find layer nope:3',
    })
    // It goes on.
    await build({ layers: ['one:1'] }, handler)
  })

  it('says what of a layer cannot be evaluated in advance, and leaves it to the function', async () => {
    await publish('odd:1', {
      [`${nm}/throws/index.js`]: `\nif (!globalThis.isReady) throw new TypeError('not yet')`,
      [`${nm}/fine/index.js`]: '',
    })
    const { layerSet, warnings } = await build(
      { layers: ['odd:1'] },
      `globalThis.isReady = true; require('throws'); require('fine')\n${handler}`,
    )
    assert.equal(layerSet!.isPreloaded, false)
    assert.deepEqual(warnings, [
      `Cannot preload layer odd:1, /opt/${nm}/throws/index.js:2:32: TypeError: not yet; it will be evaluated with the function`,
    ])
  })

  it('says that a layer takes too long in advance', async () => {
    await publish('slow:1', { [`${nm}/slow/index.js`]: `while (!globalThis.isReady);` })
    const { layerSet, warnings } = await build(
      { layers: ['slow:1'] },
      `globalThis.isReady = true; require('slow')\n${handler}`,
    )
    assert.equal(layerSet!.isPreloaded, false)
    assert.deepEqual(warnings, [
      `Cannot preload layer slow:1, /opt/${nm}/slow/index.js: top-level evaluation took longer than 1000 ms; it will be evaluated with the function`,
    ])
  })

  it('refuses a function whose layers throw, with the place in the layer', async () => {
    await assert.rejects(build({ layers: ['odd:1'] }, `import 'throws'\n${handler}`), {
      code: 'build_failed',
      message: `/opt/${nm}/throws/index.js:2:32: TypeError: not yet`,
    })
  })

  it('refuses a function that calls a layer in a way that throws, with the place in the layer', async () => {
    await publish('call:1', { [`${nm}/call/index.js`]: `exports.call = (f) => f.x.y` })
    await assert.rejects(build({ layers: ['call:1'] }, `import { call } from 'call'; call({})\n${handler}`), {
      code: 'build_failed',
      message: /^\/opt\/nodejs\/node_modules\/call\/index\.js:1:27: TypeError: /,
    })
  })

  it('blames the layers for the end of the process that evaluates them', async () => {
    await publish('bad:1', { [`${nm}/bad/index.js`]: `'x'.repeat(2 ** 29 - 24).split('')` })
    await assert.rejects(build({ layers: ['bad:1'] }, `import 'bad'\n${handler}`), {
      code: 'build_failed',
      message: /^layers bad:1: top-level evaluation |^index\.ts: top-level evaluation/,
    })
    await build({ layers: ['one:1'] }, handler)
  })

  const checks: [what: string, files: Files, warnings: RegExp[]][] = [
    ['nothing of one that is fine', { 'nodejs/node_modules/p/index.js': `require('node:async_hooks')` }, []],
    [
      'that a module is not there',
      {},
      [
        /^Cannot preload "p" of layer it:1: not there, must be a module of the layers; another layer of a function may have it$/,
      ],
    ],
    [
      'that a module imports what is not there',
      { 'nodejs/node_modules/p/index.js': `require('elsewhere')` },
      [
        /^Cannot preload layer it:1: \/opt\/nodejs\/node_modules\/p\/index\.js:1:9: Cannot resolve "elsewhere": searched .*; functions that list it cannot be deployed without another layer that has it$/,
      ],
    ],
    [
      'that a module does not compile',
      { 'nodejs/node_modules/p/index.js': `let let` },
      [
        /^Cannot preload layer it:1: \/opt\/nodejs\/node_modules\/p\/index\.js:1:5: .*; functions that list it cannot be deployed$/,
      ],
    ],
    [
      'what a module throws, and where',
      { 'nodejs/node_modules/p/index.js': `\n throw new TypeError('not yet')` },
      [
        /^Cannot preload layer it:1, \/opt\/nodejs\/node_modules\/p\/index\.js:2:8: TypeError: not yet; it will be evaluated with the function$/,
      ],
    ],
    [
      'that a module takes too long',
      { 'nodejs/node_modules/p/index.js': `for (;;);` },
      [
        /^Cannot preload layer it:1, \/opt\/.*: top-level evaluation took longer than 1000 ms; it will be evaluated with the function$/,
      ],
    ],
    // On a busy machine its time may be over first.
    [
      'that a module takes too much memory',
      { 'nodejs/node_modules/p/index.js': `const a = []; for (;;) a.push(Array(1e6).fill(a))` },
      [
        /^Cannot preload layer it:1, \/opt\/.*: top-level evaluation (used more than limits\.memoryMiB, 128 MiB|took .*); it will be/,
      ],
    ],
    [
      'that a module ends the process',
      { 'nodejs/node_modules/p/index.js': `'x'.repeat(2 ** 29 - 24).split('')` },
      [/^Cannot preload layer it:1: top-level evaluation (ended|took) .*; functions that list it cannot be/],
    ],
  ]
  for (const [what, files, warnings] of checks) {
    it(`says of a layer alone ${what}`, async () => {
      await publish('it:1', { 'layer.jsonc': '{ "preload": ["p"] }', ...files })
      const said = await builder.checkLayer('it:1')
      assert.equal(said.length, warnings.length, said.join('\n'))
      warnings.forEach((warning, at) => {
        assert.match(said[at]!, warning)
      })
    })
  }

  it('refuses to check what there is not', async () => {
    await assert.rejects(builder.checkLayer('nope:3'), { code: 'layer_not_found' })
  })
})
