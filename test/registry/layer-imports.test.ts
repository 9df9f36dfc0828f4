import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bundleWith, Evaluated, type Files, type TestLayer } from './layer-fixture.ts'

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
})
