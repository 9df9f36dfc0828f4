import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { layerSchemaPath, layerSchemaText } from '../../../package/layer-schema.ts'
import { parseLayerConfig } from '../../../runtime/registry/layers/layer-config.ts'

describe('parseLayerConfig', () => {
  it('takes modules as imports name them', () => {
    const preload = ['lodash', 'lodash/fp', '@scope/x', '/opt/nodejs/a.js']
    assert.deepEqual(parseLayerConfig(JSON.stringify({ preload })), { preload })
    assert.deepEqual(parseLayerConfig('{ "preload": [] }'), { preload: [] })
  })

  it('says null when nothing is said', () => {
    assert.deepEqual(parseLayerConfig('{ "$schema": "x" } // empty'), { preload: null })
  })

  it('says what is wrong and where', () => {
    const refusals: Readonly<Record<string, string>> = {
      '[]': 'layer.jsonc: a list of 0, must be an object',
      '{ "preload": "lodash" }': 'layer.jsonc: preload: "lodash", must be a list of modules',
      '{ "preload": null }': 'layer.jsonc: preload: null, must be a list of modules',
      '{ "preload": ["a", 1] }': 'layer.jsonc: preload[1]: 1, must be text',
      '{ "preload": ["./a"] }':
        'layer.jsonc: preload[0]: "./a", must be a module as imports name it, like "lodash", or a path below /opt',
      '{ "preload": ["/etc/a"] }':
        'layer.jsonc: preload[0]: "/etc/a", must be a module as imports name it, like "lodash", or a path below /opt',
      '{ "name": "x" }': 'layer.jsonc: name: unknown, must be one of $schema, preload',
      '{': 'layer.jsonc:1:2: close brace expected, must be JSON with comments',
    }
    for (const [text, message] of Object.entries(refusals)) {
      assert.throws(() => parseLayerConfig(text), { code: 'bad_configuration', message })
    }
    assert.throws(() => parseLayerConfig('{\n  "preload": [\n    true\n  ]\n}'), {
      details: { file: 'layer.jsonc', path: 'preload[0]', line: 3, column: 5 },
    })
  })
})

describe('the JSON Schema of layer.jsonc', () => {
  it('is what package/layer-schema.ts writes', () => {
    assert.equal(readFileSync(layerSchemaPath, 'utf8'), layerSchemaText())
  })
})
