import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { describe, it } from 'node:test'
import type { ResolvedLayer } from '../../../runtime/model/layer.ts'
import { materializeLayers } from '../../../runtime/registry/layers/materialize-layers.ts'
import { openArtifactStore } from '../../../runtime/registry/store/artifact-store.ts'
import { TemporaryFolder } from '../temporary-folder.ts'
import { publishLayer } from './published-layer.ts'

const content = {
  'one/nodejs/a.js': 'a of one',
  'one/nodejs/b.js': 'b of one',
  'two/nodejs/b.js': 'b of two',
  'two/data/c': 'c'.repeat(70_000),
}
const merged = { 'data/c': 'c'.repeat(70_000), 'nodejs/a.js': 'a of one', 'nodejs/b.js': 'b of two' }

async function publish(root: TemporaryFolder) {
  const folders = { artifacts: join(root.path, 'artifacts'), cache: join(root.path, 'cache') }
  const layers: ResolvedLayer[] = []
  for (const name of ['one', 'two']) {
    layers.push(await publishLayer(`${name}:1`, join(root.path, name), folders.artifacts))
  }
  return { folders, layers, sets: join(folders.cache, 'layers') }
}

function filesIn(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
  const paths = names.filter((one) => !one.isDirectory()).map((one) => join(one.parentPath, one.name))
  return Object.fromEntries(
    paths.sort().map((path) => [path.slice(folder.length + 1), readFileSync(path, 'utf8')]),
  )
}

describe('materializeLayers', () => {
  it('makes one folder of the layers in their order, for nobody else', async () => {
    using root = new TemporaryFolder(content)
    const { folders, layers, sets } = await publish(root)
    const folder = await materializeLayers(layers, folders)
    assert.deepEqual(filesIn(folder), merged)
    assert.equal(statSync(sets).mode & 0o777, 0o700)
    assert.equal(statSync(folder).mode & 0o777, 0o700)
    const reversed = await materializeLayers(layers.toReversed(), folders)
    assert.notEqual(reversed, folder)
    assert.deepEqual(filesIn(reversed), { ...merged, 'nodejs/b.js': 'b of one' })
  })

  it('finds again what was made, by content', async () => {
    using root = new TemporaryFolder(content)
    const { folders, layers, sets } = await publish(root)
    const folder = await materializeLayers(layers, folders)
    const { ino } = statSync(folder)
    const renamed = layers.map((layer) => ({ ...layer, reference: 'other:7' }))
    assert.equal(await materializeLayers(renamed, folders), folder)
    assert.equal(statSync(folder).ino, ino)
    assert.deepEqual(readdirSync(sets), [basename(folder)])
  })

  const damages: Readonly<Record<string, (folder: string) => void>> = {
    'a changed byte': (folder) => {
      chmodSync(join(folder, 'nodejs/a.js'), 0o600)
      writeFileSync(join(folder, 'nodejs/a.js'), 'a of 0ne')
    },
    'a file that was cut': (folder) => {
      chmodSync(join(folder, 'data/c'), 0o600)
      truncateSync(join(folder, 'data/c'), 0)
    },
    'a file less': (folder) => rmSync(join(folder, 'nodejs/a.js')),
    'a file more': (folder) => writeFileSync(join(folder, 'nodejs/evil.js'), ''),
    'a file more in a folder more': (folder) => {
      mkdirSync(join(folder, 'nodejs/evil'))
      writeFileSync(join(folder, 'nodejs/evil/index.js'), '')
    },
    'a folder for a file': (folder) => {
      rmSync(join(folder, 'nodejs/a.js'))
      mkdirSync(join(folder, 'nodejs/a.js'))
    },
    'a link for a file, of the same bytes and length': (folder) => {
      rmSync(join(folder, 'nodejs/a.js'))
      writeFileSync(join(folder, '../xy'), 'a of one')
      symlinkSync('../../xy', join(folder, 'nodejs/a.js'))
      assert.equal(readFileSync(join(folder, 'nodejs/a.js'), 'utf8'), 'a of one')
    },
    'nothing in it': (folder) => {
      rmSync(folder, { recursive: true })
      mkdirSync(folder)
    },
    'a file in its place': (folder) => {
      rmSync(folder, { recursive: true })
      writeFileSync(folder, '')
    },
    'a link in its place': (folder) => {
      rmSync(folder, { recursive: true })
      mkdirSync(`${folder}.x`)
      symlinkSync(`${folder}.x`, folder)
    },
  }
  for (const [what, damage] of Object.entries(damages)) {
    it(`makes a folder anew that has ${what}`, async () => {
      using root = new TemporaryFolder(content)
      const { folders, layers, sets } = await publish(root)
      const folder = await materializeLayers(layers, folders)
      damage(folder)
      assert.equal(await materializeLayers(layers, folders), folder)
      assert.ok(statSync(folder, { throwIfNoEntry: false })?.isDirectory())
      assert.deepEqual(filesIn(folder), merged)
      assert.ok(lstatSync(join(folder, 'nodejs/a.js')).isFile())
      const left = readdirSync(sets).filter((name) => name.startsWith(`${basename(folder)}-`))
      assert.deepEqual(left, [])
    })
  }

  it('refuses damaged artifacts, and leaves nothing half-made', async () => {
    using root = new TemporaryFolder(content)
    const { folders, layers, sets } = await publish(root)
    const pack = layers[1]!.pack
    const file = join(folders.artifacts, pack.slice(0, 2), pack)
    chmodSync(file, 0o600)
    writeFileSync(file, 'x', { flag: 'r+' })
    await assert.rejects(materializeLayers(layers, folders), {
      code: 'data_damaged',
      details: { digest: pack },
    })
    assert.deepEqual(readdirSync(sets), [])
    rmSync(file)
    await assert.rejects(materializeLayers(layers, folders), {
      code: 'data_damaged',
      details: { digest: pack },
    })
    const missing = { ...layers[0]!, index: 'f'.repeat(64) }
    await assert.rejects(materializeLayers([missing], folders), { code: 'data_damaged' })
  })

  it('refuses layers that are too large together', async () => {
    using root = new TemporaryFolder({ 'one/a': '', 'two/b': '' })
    truncateSync(join(root.path, 'one/a'), 200 * 1024 * 1024)
    truncateSync(join(root.path, 'two/b'), 51 * 1024 * 1024)
    const { folders, layers } = await publish(root)
    await assert.rejects(materializeLayers(layers, folders), {
      code: 'bad_layer',
      message: 'Cannot use layers one:1, two:1 together: 263192576 bytes, must be at most 262144000',
    })
  })

  it('refuses layers that have too many files together, also if they are the same', async () => {
    using root = new TemporaryFolder()
    const artifacts = join(root.path, 'artifacts')
    const files = Array.from({ length: 50_001 }, (_, at) => ({ path: `${at}`.padStart(5, '0'), bytes: 0 }))
    const index = await openArtifactStore(artifacts).put(Buffer.from(JSON.stringify({ files })))
    const layers = ['one:1', 'two:1'].map((reference) => ({ reference, index, pack: 'f'.repeat(64) }))
    await assert.rejects(materializeLayers(layers, { artifacts, cache: join(root.path, 'cache') }), {
      code: 'bad_layer',
      message: 'Cannot use layers one:1, two:1 together: 100002 files, must be at most 100000',
    })
  })

  it('removes what was not used for an hour, half-made or whole, when it makes another', async () => {
    using root = new TemporaryFolder(content)
    const { folders, layers, sets } = await publish(root)
    const clock = { nowMs: 10_000_000_000 }
    const old = await materializeLayers([layers[0]!], folders, () => clock.nowMs)
    const used = await materializeLayers([layers[1]!], folders, () => clock.nowMs)
    const halfMade = join(sets, `${'a'.repeat(64)}-x`)
    mkdirSync(halfMade)
    utimesSync(halfMade, clock.nowMs / 1000, clock.nowMs / 1000)
    clock.nowMs += 3_600_001
    await materializeLayers([layers[1]!], folders, () => clock.nowMs)
    const folder = await materializeLayers(layers, folders, () => clock.nowMs)
    assert.equal(existsSync(old), false)
    assert.deepEqual(readdirSync(sets).sort(), [basename(used), basename(folder)].sort())
  })

  it('gives several processes at once the same whole folder, also where a damaged one was', async () => {
    using root = new TemporaryFolder(content)
    const { folders, layers, sets } = await publish(root)
    const folder = await materializeLayers(layers, folders)
    rmSync(join(folder, 'nodejs/a.js'))
    const script = new URL('./materialize-process.ts', import.meta.url)
    const children = Array.from({ length: 3 }, () => fork(script, [JSON.stringify({ layers, folders })]))
    const answers = await Promise.all(
      children.map(async (child) => {
        const [answer] = await once(child, 'message')
        return answer
      }),
    )
    assert.deepEqual(answers, [folder, folder, folder])
    assert.deepEqual(filesIn(folder), merged)
    await Promise.all(children.map((child) => child.exitCode ?? once(child, 'exit')))
    assert.deepEqual(readdirSync(sets), [basename(folder)])
  })
})
