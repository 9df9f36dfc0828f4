import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { type PackedLayer, packLayer } from '../../../runtime/registry/layers/pack-layer.ts'
import { TemporaryFolder } from '../temporary-folder.ts'
import { craftZip } from './crafted-zip.ts'
import { writeLayerZip } from './layer-zip.ts'

const files: Readonly<Record<string, string>> = {
  'nodejs/node_modules/lodash/package.json': '{"name":"lodash","main":"lodash.js"}',
  'nodejs/node_modules/lodash/lodash.js': `module.exports = '${'lodash '.repeat(200_000)}'`,
  'nodejs/node_modules/lodash-es/empty.js': '',
  'nodejs/node_modules/@scope/é-😀/index.js': 'é',
  'data/a b.txt': 'text',
}

async function packZip(root: TemporaryFolder, zipped: readonly (readonly [string, string | Buffer])[]) {
  const path = join(root.path, 'layer.zip')
  await writeLayerZip(path, zipped)
  return packInto(root, path)
}

function packInto(root: TemporaryFolder, path: string): Promise<PackedLayer> {
  const temporaryFolder = join(root.path, 'tmp')
  mkdirSync(temporaryFolder, { recursive: true })
  return packLayer({ path, temporaryFolder })
}

function pathsOf({ index }: PackedLayer): string[] {
  return index.files.map(({ path }) => path)
}

describe('packLayer', () => {
  it('writes the bytes of all files in order of their paths, and says where each stands', async () => {
    using root = new TemporaryFolder()
    const packed = await packZip(root, Object.entries(files))
    assert.deepEqual(pathsOf(packed), Object.keys(files).sort())
    const pack = readFileSync(packed.packFile)
    assert.equal(packed.index.pack, createHash('sha256').update(pack).digest('hex'))
    let end = 0
    for (const { path, offset, bytes, digest } of packed.index.files) {
      assert.equal(offset, end)
      end += bytes
      const content = pack.subarray(offset, end)
      assert.equal(content.toString(), files[path])
      assert.equal(digest, createHash('sha256').update(content).digest('hex'))
    }
    assert.equal(pack.length, end)
    assert.equal(packed.unpackedBytes, end)
    assert.equal(packed.index.preload, null)
    assert.deepEqual(packed.warnings, [])
    assert.equal(statSync(packed.packFile).mode & 0o777, 0o600)
  })

  it('gives the same index for the same files: zipped in any order and way, or in a folder', async () => {
    using root = new TemporaryFolder()
    const folder = join(root.path, 'layer')
    mkdirSync(folder)
    for (const [path, content] of Object.entries(files)) root.write({ [`layer/${path}`]: content })
    const { index } = await packInto(root, folder)
    const folders = ['nodejs/', 'nodejs/node_modules/'].map((name) => [name, ''] as const)
    const zipped = await packZip(root, [...folders, ...Object.entries(files).reverse()])
    assert.deepEqual(zipped.index, index)
    const path = join(root.path, 'crafted.zip')
    const entries = Object.entries(files).map(([name, content]) => ({
      name: `./${name}`,
      content,
      madeBySystem: 0,
      mode: 0,
    }))
    writeFileSync(path, craftZip({ entries: [{ name: './' }, ...entries] }))
    assert.deepEqual((await packInto(root, path)).index, index)
  })

  it('leaves out what shells and the Finder put there, in zips and in folders', async () => {
    using root = new TemporaryFolder()
    const bin = 'nodejs/node_modules/.bin'
    const odd = {
      '__MACOSX/nodejs/._index.js': 'x',
      '.DS_Store': 'x',
      'nodejs/.DS_Store': 'x',
      [`${bin}/semver.cmd`]: 'x',
    }
    const zipped = await packZip(root, [[`${bin}/`, ''], ...Object.entries(odd), ['nodejs/a.js', 'a']])
    assert.deepEqual(pathsOf(zipped), ['nodejs/a.js'])
    assert.deepEqual(zipped.warnings, [
      'Left out of the layer: 1 command in node_modules/.bin',
      'Left out of the layer: 3 files of the Finder (__MACOSX, .DS_Store)',
    ])
    for (const [path, content] of Object.entries(odd)) root.write({ [`layer/${path}`]: content })
    root.write({ 'layer/nodejs/a.js': 'a', 'layer/nodejs/b/.bin/kept': '' })
    symlinkSync('../semver/bin/semver.js', join(root.path, 'layer', bin, 'semver'))
    const { index, warnings } = await packInto(root, join(root.path, 'layer'))
    assert.deepEqual(
      index.files.map(({ path }) => path),
      ['nodejs/a.js', 'nodejs/b/.bin/kept'],
    )
    assert.equal(warnings[0], 'Left out of the layer: 2 commands in node_modules/.bin')
    assert.equal(warnings.length, 2)
  })

  it('says that packages lie where imports do not look', async () => {
    using root = new TemporaryFolder()
    const packages: [string, string] = ['node_modules/a/index.js', 'a']
    const { warnings } = await packZip(root, [packages])
    assert.deepEqual(warnings, [
      'Packages in node_modules are not found by imports: must be in nodejs/node_modules',
    ])
    const both = await packZip(root, [packages, ['nodejs/node_modules/a/index.js', 'a']])
    assert.deepEqual(both.warnings, [])
  })

  it('leaves out links among the commands in a zip', async () => {
    using root = new TemporaryFolder()
    const path = join(root.path, 'layer.zip')
    const link = { name: 'node_modules/.bin/semver', content: '../semver/bin/semver.js', mode: 0o120777 }
    writeFileSync(path, craftZip({ entries: [link, { name: 'a' }] }))
    assert.deepEqual(pathsOf(await packInto(root, path)), ['a'])
  })

  it('reads layer.jsonc at the root, which stays a file, and no other', async () => {
    using root = new TemporaryFolder()
    const config = '{ "preload": ["lodash", "@scope/x/fast", "/opt/data/a.js"], } // most used'
    const packed = await packZip(root, [
      ['layer.jsonc', config],
      ['nodejs/layer.jsonc', 'no JSON'],
    ])
    assert.deepEqual(packed.index.preload, ['lodash', '@scope/x/fast', '/opt/data/a.js'])
    assert.deepEqual(pathsOf(packed), ['layer.jsonc', 'nodejs/layer.jsonc'])
  })

  it('refuses a bad layer.jsonc, and leaves nothing', async () => {
    using root = new TemporaryFolder()
    await assert.rejects(packZip(root, [['layer.jsonc', '{ "preLoad": [] }']]), {
      code: 'bad_configuration',
      message: 'layer.jsonc: preLoad: unknown, must be one of $schema, preload',
    })
    await assert.rejects(packZip(root, [['layer.jsonc', Buffer.from([0x7b, 0xff, 0x7d])]]), {
      code: 'bad_layer',
      message: /"layer\.jsonc": no text, must be UTF-8$/,
    })
    await assert.rejects(packZip(root, [['layer.jsonc', ' '.repeat(262_145)]]), {
      code: 'bad_layer',
      message: /"layer\.jsonc": over 262144 bytes/,
    })
    assert.deepEqual(readdirSync(join(root.path, 'tmp')), [])
  })

  it('says when there is nothing to pack', async () => {
    using root = new TemporaryFolder({ 'layer/.DS_Store': '' })
    const missing = join(root.path, 'missing')
    await assert.rejects(packInto(root, missing), {
      code: 'bad_request',
      message: `Cannot read layer ${JSON.stringify(missing)}: no such zip or folder`,
    })
    await assert.rejects(packInto(root, '/dev/null'), { code: 'bad_request', message: /neither a zip nor/ })
    await assert.rejects(packInto(root, join(root.path, 'layer')), {
      code: 'bad_layer',
      message: /: no files in it, must be at least one$/,
    })
  })

  it('says when the pack cannot be written', async () => {
    using root = new TemporaryFolder({ 'layer/a': '' })
    const request = { path: join(root.path, 'layer'), temporaryFolder: join(root.path, 'missing') }
    await assert.rejects(packLayer(request), {
      code: 'internal_error',
      message: /^Cannot write a layer: ENOENT/,
    })
    assert.equal(existsSync(request.temporaryFolder), false)
  })
})
