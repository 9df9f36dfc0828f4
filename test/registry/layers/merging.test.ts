import assert from 'node:assert/strict'
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { ResolvedLayer } from '../../../runtime/model/layer.ts'
import { type MergedLayers, mergeLayers } from '../../../runtime/model/merged-layers.ts'
import { openLayerPack } from '../../../runtime/registry/layers/layer-pack.ts'
import { materializeLayers } from '../../../runtime/registry/layers/materialize-layers.ts'
import { readLayerIndex } from '../../../runtime/registry/layers/read-layer-index.ts'
import { TemporaryFolder } from '../temporary-folder.ts'
import { writeLayerZip } from './layer-zip.ts'
import { publishLayer } from './published-layer.ts'

type Tree = ReadonlyMap<string, string>

// Few names, so that files meet files and folders of other layers.
const path = fc.array(fc.constantFrom('a', 'b', 'c.js', 'ü'), { minLength: 1, maxLength: 3 })
const layer = fc
  .array(fc.tuple(path, fc.string({ maxLength: 20 })), { minLength: 1, maxLength: 8 })
  .map((files) => withoutCollisions(files.map(([names, content]) => [names.join('/'), content])))

/** Of one layer, a path is a file or a folder, once. */
function withoutCollisions(files: readonly (readonly [string, string])[]): [string, string][] {
  const kept: [string, string][] = []
  for (const [path, content] of files) {
    const collides = kept.some(
      ([other]) => other === path || other.startsWith(`${path}/`) || path.startsWith(`${other}/`),
    )
    if (!collides) kept.push([path, content])
  }
  return kept
}

/** Unpacks over what is there; what cannot stay beside the file goes. */
function unpackOver(folder: string, files: readonly (readonly [string, string])[]): void {
  for (const [path, content] of files) {
    const file = join(folder, path)
    const names = path.split('/')
    for (let depth = 1; depth < names.length; depth++) {
      const above = join(folder, ...names.slice(0, depth))
      if (lstatSync(above, { throwIfNoEntry: false })?.isFile()) rmSync(above)
    }
    mkdirSync(dirname(file), { recursive: true })
    rmSync(file, { recursive: true, force: true })
    writeFileSync(file, content)
  }
}

function treeOf(folder: string): Tree {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return new Map(files.sort().map((file) => [file.slice(folder.length + 1), readFileSync(file, 'utf8')]))
}

function treeOfPacks(merged: MergedLayers, artifacts: string): Tree {
  using opened = new DisposableStack()
  const packs = merged.layers.map(({ index }) => opened.use(openLayerPack(artifacts, index.pack)))
  return new Map(merged.files().map(({ file, layer }) => [file.path, packs[layer]!.read(file).toString()]))
}

function assertListsAs(merged: MergedLayers, folder: string, at = ''): void {
  const entries = readdirSync(join(folder, at), { withFileTypes: true })
  const names = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
  assert.deepEqual(merged.list(at), names.sort())
  for (const entry of entries) {
    if (entry.isDirectory()) assertListsAs(merged, folder, at === '' ? entry.name : `${at}/${entry.name}`)
  }
}

describe('layers', () => {
  it('hold what unpacking one after the other into one folder leaves there', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(layer, { minLength: 1, maxLength: 5 }), async (layers) => {
        using root = new TemporaryFolder()
        const folders = { artifacts: join(root.path, 'artifacts'), cache: join(root.path, 'cache') }
        const expected = join(root.path, 'expected')
        mkdirSync(expected)
        const resolved: ResolvedLayer[] = []
        for (const files of layers) {
          unpackOver(expected, files)
          const zip = join(root.path, `${resolved.length}.zip`)
          await writeLayerZip(zip, files)
          resolved.push(await publishLayer(`l${resolved.length}:1`, zip, folders.artifacts))
        }
        const merged = mergeLayers(
          resolved.map(({ reference, index }) => ({
            reference,
            index: readLayerIndex(folders.artifacts, index),
          })),
        )
        assert.deepEqual(treeOfPacks(merged, folders.artifacts), treeOf(expected))
        assert.deepEqual(treeOf(await materializeLayers(resolved, folders)), treeOf(expected))
        assertListsAs(merged, expected)
      }),
      { numRuns: 60 },
    )
  })
})
