import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { VersionManifest } from '../../runtime/model/version.ts'
import { ErrorMapper } from '../../runtime/registry/error-mapper.ts'

/** A map of one line: its first column stands on line 3, column 5 of that file. */
function mapTo(file: string): string {
  return JSON.stringify({ version: 3, sources: [file], names: [], mappings: 'AAEI' })
}

const maps: Readonly<Record<string, string>> = {
  function: mapTo('index.ts'),
  layers: mapTo('/opt/nodejs/node_modules/a/index.js'),
  broken: '{',
}

function mapWith(layers: string | null | undefined, stack: string): string {
  const mapper = new ErrorMapper((digest) => Buffer.from(maps[digest] ?? assert.fail('damaged')))
  const layerSet = layers === undefined ? undefined : { sourceMap: layers }
  const manifest = { sourceMap: 'function', layerSet } as unknown as VersionManifest
  return mapper.map(manifest, { name: 'Error', message: 'x', stack }).stack
}

const stack = 'Error: x\n    at a (isolette:layers:1:1)\n    at b (isolette:function:1:1)'

describe('ErrorMapper', () => {
  it('puts frames of the function and of its layers into their authors’ lines', () => {
    assert.equal(
      mapWith('layers', stack),
      'Error: x\n    at a (/opt/nodejs/node_modules/a/index.js:3:5)\n    at b (index.ts:3:5)',
    )
  })

  it('leaves frames of layers that have no map, or a broken one', () => {
    for (const layers of [undefined, null, 'broken'])
      assert.equal(
        mapWith(layers, stack),
        'Error: x\n    at a (isolette:layers:1:1)\n    at b (index.ts:3:5)',
      )
  })

  it('leaves the stack as it is when a map cannot be read', () => {
    assert.equal(mapWith('gone', stack), stack)
  })

  it('asks for no map of layers that the stack does not need', () => {
    assert.equal(mapWith('gone', 'Error\n    at isolette:function:1:1'), 'Error\n    at index.ts:3:5')
  })
})
