import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { installPackages, writeFiles, zipFolder } from './layer-sources.ts'
import { type Json, ServerFixture } from './server-fixture.ts'

const nm = 'nodejs/node_modules'

/** A package that nobody but this layer has, with all that is not JavaScript, and a build for each who asks. */
const company = {
  [`${nm}/@acme/prices/package.json`]: JSON.stringify({
    name: '@acme/prices',
    exports: {
      '.': { node: './node.js', workerd: './workerd.js', default: './default.js' },
      './vat.json': './vat.json',
      './half': { import: './half.mjs', require: './half.cjs' },
    },
  }),
  [`${nm}/@acme/prices/node.js`]: `throw new Error('not for Node.js')`,
  [`${nm}/@acme/prices/workerd.js`]: `exports.gross = (net) => net * (100 + require('./vat.json').percent) / 100`,
  [`${nm}/@acme/prices/default.js`]: `throw new Error('not the default')`,
  [`${nm}/@acme/prices/vat.json`]: '{ "percent": 19 }',
  [`${nm}/@acme/prices/half.mjs`]: `export default 'imported'`,
  [`${nm}/@acme/prices/half.cjs`]: `module.exports = 'required'`,
  [`${nm}/old/index.js`]: `exports.sum = require('lodash').sum; exports.half = require('@acme/prices/half')`,
  'lib/greet.js': `export const greet = (name) => 'Hello ' + name`,
  'data/cities.txt': 'Köln\nBern\n',
  'data/raw.bin': '\u0001\u0002\u0003',
}

const config = (settings: object) => ({ 'function.jsonc': JSON.stringify(settings) })

describe('layers, from a zip to an answer', () => {
  let server: ServerFixture
  let folder: (name: string) => string
  before(async () => {
    server = await ServerFixture.start({ workers: 2 })
    folder = (name) => join(server.dataDir, 'sources', name)
  })
  after(() => server[Symbol.asyncDispose]())

  async function cli(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await server.cli(...args)
    assert.equal(code, 0, stderr)
    assert.equal(stderr, '')
    return stdout
  }

  async function publish(layer: string, files: Readonly<Record<string, string>>): Promise<void> {
    assert.match(
      await cli('layer', 'publish', layer, await writeFiles(folder(`layer ${layer}`), files)),
      /^published \S+:1 \(\d/,
    )
  }

  /** Deploys a function of one file and GETs it. */
  async function answerOf(name: string, settings: object, code: string): Promise<Json> {
    await server.deploy(name, { ...config(settings), 'index.ts': code })
    return JSON.parse(await server.text(`/${name}`))
  }

  test('a zip as the vendors have it made, and its folder, are one version', async () => {
    const source = await installPackages(folder('layer lodash'), ['lodash'])
    const zip = await zipFolder(source, folder('lodash.zip'))
    assert.match(
      await cli('layer', 'publish', 'lodash', zip),
      /^published lodash:1 \(1\d{3} files, \d\.\d MiB\)/,
    )
    assert.match(
      await cli('layer', 'publish', 'lodash', source),
      /^published lodash:1 \(unchanged, 1\d{3} files/,
    )
    await writeFiles(source, { 'NOTES.txt': 'one file more' })
    assert.match(await cli('layer', 'publish', 'lodash', source), /^published lodash:2 \(1\d{3} files/)

    const answer = await answerOf(
      'cjs',
      { layers: ['lodash:1'] },
      `import _ from 'lodash'
      import { chunk } from 'lodash'
      import fp from 'lodash/fp'
      import camelCase from 'lodash/camelCase.js'
      export default { fetch: () => Response.json([
        _.VERSION.split('.').length, chunk([1, 2, 3], 2), fp.map((n: number) => n + 1)([1, 2]), camelCase('a layer'),
      ]) }`,
    )
    assert.deepEqual(answer, [3, [[1, 2], [3]], [2, 3], 'aLayer'])
  })

  test('ES modules, scoped packages, conditions, JSON, CommonJS that requires another layer, and paths below /opt', async () => {
    const source = await installPackages(folder('layer dates'), ['date-fns'])
    await cli('layer', 'publish', 'dates', await zipFolder(source, folder('dates.zip')))
    await publish('company', company)
    const answer = await answerOf(
      'mixed',
      { layers: ['lodash:1', 'dates:1', 'company:1'] },
      `import { addDays, formatISO } from 'date-fns'
      import { subDays } from 'date-fns/subDays'
      import { gross } from '@acme/prices'
      import vat from '@acme/prices/vat.json'
      import half from '@acme/prices/half'
      import old from 'old'
      import { greet } from '/opt/lib/greet.js'
      import { list, readFile, readText } from 'isolette:layers'
      const cities = readText('/opt/data/cities.txt').trim().split('\\n')
      export default { async fetch() {
        const day = addDays(new Date(2026, 0, 31), 1)
        const later = await import('@acme/prices/half')
        return Response.json({
          days: [formatISO(day, { representation: 'date' }), subDays(day, 1).getDate()],
          gross: gross(100), vat: vat.percent, half: [half, old.half, later.default], sum: old.sum([1, 2]),
          greeting: greet(cities[0]), raw: [...readFile('/opt/data/raw.bin')], data: list('/opt/data'), root: list('/opt'),
        })
      } }`,
    )
    assert.deepEqual(answer, {
      days: ['2026-02-01', 31],
      gross: 119,
      vat: 19,
      half: ['imported', 'required', 'imported'],
      sum: 3,
      greeting: 'Hello Köln',
      raw: [1, 2, 3],
      data: ['cities.txt', 'raw.bin'],
      root: ['data/', 'lib/', 'nodejs/'],
    })
  })

  test('of two layers with one file the later counts, for imports and for what is read', async () => {
    const files = (from: string) => ({
      [`${nm}/shade/index.js`]: `exports.from = '${from}'`,
      'shade.txt': from,
      [`only-${from}.txt`]: from,
    })
    await publish('dark', files('dark'))
    await publish('light', files('light'))
    const code = `import { from } from 'shade'
      import { list, readText } from 'isolette:layers'
      export default { fetch: () => Response.json([from, readText('/opt/shade.txt'), list('/opt').length]) }`
    const layers = ['dark:1', 'light:1']
    assert.deepEqual(await answerOf('forward', { layers }, code), ['light', 'light', 4])
    assert.deepEqual(await answerOf('backward', { layers: layers.toReversed() }, code), ['dark', 'dark', 4])

    const merged = (await cli('layer', 'show', '--merged', 'forward')).split('\n')
    assert.deepEqual(
      merged.slice(1, -1).map((row) => row.split(/\s{2,}/).slice(1)),
      [
        ['light:1', '/opt/nodejs/node_modules/shade/index.js'],
        ['dark:1', '/opt/only-dark.txt'],
        ['light:1', '/opt/only-light.txt'],
        ['light:1', '/opt/shade.txt'],
      ],
    )
    assert.match(await cli('layer', 'show', '--merged', 'backward:1'), /dark:1 +\/opt\/shade\.txt/)
  })

  test("the function's own node_modules wins over layers", async () => {
    await server.deploy('own', {
      ...config({ layers: ['dark:1'] }),
      'node_modules/shade/index.js': `exports.from = 'the function'`,
      'index.ts': `import { from } from 'shade'; export default { fetch: () => Response.json(from) }`,
    })
    assert.equal(await server.text('/own'), '"the function"')
  })

  const refusals: [name: string, settings: object, code: string, message: RegExp][] = [
    [
      'an import that resolves nowhere, with the places searched',
      { layers: ['dark:1'] },
      `import 'nowhere'`,
      /^isolette: build_failed: index\.ts:1:8: Cannot resolve "nowhere": searched \/opt\/nodejs\/node_modules$/,
    ],
    [
      'a layer that there is not',
      { layers: ['dark:1', 'nobody:7'] },
      '',
      /^isolette: layer_not_found: .*nobody:7/,
    ],
    [
      'a layer without a number',
      { layers: ['dark'] },
      '',
      /^isolette: bad_configuration: .*layers\[0\].*"dark"/,
    ],
    [
      'more than five',
      { layers: Array.from({ length: 6 }, (_, at) => `dark:${at + 1}`) },
      '',
      /^isolette: bad_configuration: .*layers.*at most 5/,
    ],
  ]
  for (const [name, settings, code, message] of refusals) {
    test(`a deploy refuses ${name}`, async () => {
      const files = {
        ...config(settings),
        'index.ts': `${code}\nexport default { fetch() { return new Response() } }`,
      }
      const { code: exit, stderr } = await server.cli('deploy', await writeFiles(folder('refused'), files))
      assert.notEqual(exit, 0)
      assert.match(stderr.trimEnd(), message)
    })
  }

  test('a layer whose preload throws is published, with a warning, and evaluated with the function', async () => {
    const source = await writeFiles(folder('layer early'), {
      'layer.jsonc': '{ "preload": ["early", "late"] }',
      [`${nm}/early/index.js`]: `exports.name = globalThis.named.toUpperCase()`,
    })
    const { code, stdout, stderr } = await server.cli('layer', 'publish', 'early', source)
    assert.equal(code, 0)
    assert.match(stdout, /^published early:1 /)
    assert.match(
      stderr,
      /^isolette: warning: Cannot preload "late" of layer early:1: not there, .*another layer of a function may have it$/m,
    )
    assert.match(
      stderr,
      /^isolette: warning: Cannot preload layer early:1, \/opt\/nodejs\/node_modules\/early\/index\.js:1:33: TypeError: .*; it will be evaluated with the function$/m,
    )
    const answer = await answerOf(
      'early',
      { layers: ['early:1'] },
      `globalThis.named = 'it'
      const { name } = require('early')
      export default { fetch: () => Response.json(name) }`,
    )
    assert.equal(answer, 'IT')
  })

  test('what a layer throws has its place in the layer', async () => {
    await publish('broken', {
      [`${nm}/broken/index.js`]: `exports.run = () => {\n  throw new Error('it broke')\n}`,
    })
    await server.deploy('throws', {
      ...config({ layers: ['broken:1'], exposeErrors: true }),
      'index.ts': `import { run } from 'broken'; export default { fetch() { run() } }`,
    })
    const { status, text } = await server.call('/throws')
    assert.equal(status, 500)
    assert.match(text, /it broke/)
    await server.untilPrinted('Error: it broke')
    assert.match(
      server.output,
      /Error: it broke\\n +at (?:\S+ \()?\/opt\/nodejs\/node_modules\/broken\/index\.js:2:9/,
    )
  })
})
