import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { LayerCodeCache } from '../../runtime/isolate/layers/layer-code-cache.ts'
import type { LayerFile } from '../../runtime/model/layer.ts'
import type { Digest, LayerSet, UnsafeFeatures, VersionManifest } from '../../runtime/model/version.ts'
import { VersionLayers } from '../../runtime/registry/version-layers.ts'
import { temporaryFolder } from './temporary-registry.ts'

class Fixture {
  readonly artifacts: string
  readonly code: string
  readonly reports: string[] = []
  readonly layers: VersionLayers

  constructor(t: TestContext) {
    const folder = temporaryFolder(t)
    this.artifacts = join(folder, 'artifacts')
    this.code = join(folder, 'code')
    this.layers = new VersionLayers({
      artifacts: this.artifacts,
      codeCache: new LayerCodeCache(this.code),
      onPreloaded: ({ digest }, { versionId }) => this.reports.push(`${versionId}: ${digest}`),
    })
    t.after(() => this.layers.close())
  }

  put(content: string | Uint8Array): Digest {
    const digest = digestOf(content)
    mkdirSync(join(this.artifacts, digest.slice(0, 2)), { recursive: true })
    writeFileSync(join(this.artifacts, digest.slice(0, 2), digest), content)
    return digest
  }

  /** A layer of files by path, in order; returns its index and its pack. */
  layer(contents: Readonly<Record<string, string>>): { index: Digest; pack: Digest } {
    let offset = 0
    const files = Object.entries(contents).map(([path, content]): LayerFile => {
      const bytes = Buffer.byteLength(content)
      offset += bytes
      return { path, offset: offset - bytes, bytes, digest: digestOf(content) }
    })
    const pack = this.put(Object.values(contents).join(''))
    return { index: this.put(JSON.stringify({ pack, files, preload: null })), pack }
  }

  set(layers: readonly { index: Digest; pack: Digest }[], script: string | null): LayerSet {
    return {
      indexes: layers.map(({ index }) => index),
      packs: layers.map(({ pack }) => pack),
      bundle: script === null ? null : this.put(script),
      sourceMap: null,
      isPreloaded: true,
    }
  }
}

function digestOf(content: string | Uint8Array): Digest {
  return createHash('sha256').update(content).digest('hex')
}

function manifestOf(layerSet?: LayerSet, unsafe: UnsafeFeatures = { wasm: false }): VersionManifest {
  return { versionId: 'version', layerSet, unsafe } as unknown as VersionManifest
}

const script = '((layerFiles) => ({ preload: [], require() {} }))'

describe('VersionLayers', () => {
  it('has nothing for versions without layers', (t) => {
    assert.equal(new Fixture(t).layers.of(manifestOf()), null)
  })

  it('merges the files of the layers, and reads them from their packs', (t) => {
    const fixture = new Fixture(t)
    const first = fixture.layer({ 'a/one.txt': 'one', 'a/two.txt': 'two' })
    const second = fixture.layer({ 'a/two.txt': 'zwei', 'b.txt': '' })
    const { files, script: none } = fixture.layers.of(manifestOf(fixture.set([first, second], null)))!
    assert.equal(none, null)
    assert.deepEqual(files.list(''), ['a/', 'b.txt'])
    assert.deepEqual(files.list('a'), ['one.txt', 'two.txt'])
    assert.equal(files.list('b.txt'), null)
    assert.deepEqual(['a/one.txt', 'a/two.txt', 'b.txt', 'a', '../a'].map(files.bytesOf), [
      3,
      4,
      0,
      null,
      null,
    ])
    assert.equal(Buffer.from(files.read('a/one.txt')).toString(), 'one')
    assert.equal(Buffer.from(files.read('a/two.txt')).toString(), 'zwei')
  })

  it('reads which files there are before code runs that may ask, and only for such code', (t) => {
    const fixture = new Fixture(t)
    const [asked, other] = ['asked', 'other'].map((text) => fixture.layer({ 'a.txt': text }))
    const { files } = fixture.layers.of(manifestOf({ ...fixture.set([asked!], null), readsFiles: true }))!
    const { files: unread } = fixture.layers.of(manifestOf(fixture.set([other!], null)))!
    for (const { index } of [asked!, other!]) rmSync(join(fixture.artifacts, index.slice(0, 2), index))
    assert.deepEqual(files.list(''), ['a.txt'])
    assert.throws(() => unread.list(''), { code: 'data_damaged' })
  })

  it('shares one script among versions with the same layers and modules, and compiles it once', (t) => {
    const fixture = new Fixture(t)
    const one = fixture.layer({ 'a.txt': '1' })
    const other = fixture.layer({ 'a.txt': '2' })
    const [access, again, otherFiles, otherScript] = [
      fixture.set([one], script),
      fixture.set([one], script),
      fixture.set([other], script),
      fixture.set([one], `${script} `),
    ].map((set) => fixture.layers.of(manifestOf(set))!.script!)
    assert.equal(again, access)
    assert.equal(new Set([access, otherFiles, otherScript].map((one) => one!.key)).size, 3)
    assert.equal(readdirSync(fixture.code).length, 2)
    access!.notePreload({ failure: null, lines: [], droppedLines: 0 })
    assert.deepEqual(fixture.reports, [`version: ${digestOf(script)}`])
  })

  it('says which versions have their layers evaluated in waiting isolates', (t) => {
    const fixture = new Fixture(t)
    const set = fixture.set([fixture.layer({ 'a.txt': '' })], script)
    const isPreloaded = (manifest: VersionManifest) => fixture.layers.of(manifest)!.isPreloaded
    assert.equal(isPreloaded(manifestOf(set)), true)
    assert.equal(isPreloaded(manifestOf({ ...set, bundle: null })), false)
    assert.equal(isPreloaded(manifestOf({ ...set, isPreloaded: false })), false)
    assert.equal(isPreloaded(manifestOf(set, { wasm: true })), false)
    fixture.layers.setQuarantine([set.bundle!])
    assert.equal(isPreloaded(manifestOf(set)), false)
    fixture.layers.setQuarantine([])
    assert.equal(isPreloaded(manifestOf(set)), true)
    const failure = { kind: 'exceeded_cpu', message: 'it took too long' } as const
    fixture.layers.of(manifestOf(set))!.script!.notePreload({ failure, lines: [], droppedLines: 0 })
    assert.equal(isPreloaded(manifestOf(set)), false)
  })

  it('says what is damaged', (t) => {
    const fixture = new Fixture(t)
    const layer = fixture.layer({ 'a.txt': 'one' })
    const damaged = { code: 'data_damaged' }
    const gone = 'f'.repeat(64)
    assert.throws(
      () => fixture.layers.of(manifestOf({ ...fixture.set([layer], null), bundle: gone })),
      damaged,
    )
    const filesOf = (index: Digest, pack: Digest) =>
      fixture.layers.of(manifestOf(fixture.set([{ index, pack }], null)))!.files
    assert.throws(() => filesOf(gone, layer.pack).list(''), damaged)
    assert.throws(() => filesOf(layer.index, gone).read('a.txt'), damaged)
    assert.throws(() => filesOf(layer.index, fixture.put('two')).read('a.txt'), damaged)
  })
})
