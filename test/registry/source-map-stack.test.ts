import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { buildSync } from 'esbuild'
import { bundleFilename } from '../../runtime/isolate/instance/load-instance.ts'
import { findAuthorPosition, mapStack } from '../../runtime/registry/source-map-stack.ts'

const source = '// äö\nexport function broken() {\n  throw new Error("x")\n}\n'
const built = buildSync({
  stdin: { contents: source, sourcefile: 'src/broken.ts' },
  write: false,
  sourcemap: 'external',
  outfile: 'bundle.js',
  banner: { js: '// one line more\n' },
})
const map = built.outputFiles.find((file) => file.path.endsWith('.map'))!.text
const line =
  built.outputFiles
    .find((file) => file.path.endsWith('.js'))!
    .text.split('\n')
    .findIndex((text) => text.includes('throw')) + 1

describe('mapStack', () => {
  it('puts frames of the bundle into the author’s lines, and leaves out those of the bootstrap', () => {
    const stack = [
      'Error: x',
      `    at broken (${bundleFilename}:${line}:9)`,
      `    at ${bundleFilename}:${line}:3`,
      '    at new Promise (<anonymous>)',
      '    at enter (isolette:bootstrap:10:5)',
      '    at isolette:bootstrap:1:2',
    ].join('\n')
    assert.equal(
      mapStack(stack, map),
      [
        'Error: x',
        '    at broken (src/broken.ts:3:9)',
        '    at src/broken.ts:3:3',
        '    at new Promise (<anonymous>)',
      ].join('\n'),
    )
  })

  it('leaves frames that the map does not know', () => {
    for (const place of ['0:1', '1:0', '999999999:1', '9999999999999:1', '1', '-1:-1', '1.5:2']) {
      const stack = `Error\n    at f (${bundleFilename}:${place})`
      assert.equal(mapStack(stack, map), stack)
    }
  })

  it('leaves everything when the map is none', () => {
    const stack = `Error\n    at f (${bundleFilename}:3:1)`
    for (const json of [
      '',
      '{',
      'null',
      '[]',
      '{"version":3}',
      '{"version":3,"sources":[],"names":[],"mappings":"\\u0000"}',
    ]) {
      assert.equal(mapStack(stack, json), stack)
    }
  })

  it('cuts a stack of absurd length', () => {
    assert.equal(mapStack('x'.repeat(1_000_000), map).length, 16_384)
  })
})

describe('findAuthorPosition', () => {
  it('finds the first frame that has a mapping', () => {
    const stack = `Error: x\n    at ${bundleFilename}:1:1\n    at f (${bundleFilename}:${line}:9)`
    assert.deepEqual(findAuthorPosition(stack, map), { file: 'src/broken.ts', line: 3, column: 9 })
  })

  it('finds none in a stack of other scripts', () => {
    assert.equal(findAuthorPosition('Error\n    at node:internal:3:1', map), null)
  })
})
