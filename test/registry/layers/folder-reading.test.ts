import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { readFolder } from '../../../runtime/registry/layers/folder-reading.ts'
import { packLayer } from '../../../runtime/registry/layers/pack-layer.ts'
import { TemporaryFolder } from '../temporary-folder.ts'

const MiB = 1024 * 1024

function refusalOf(folder: TemporaryFolder): string {
  try {
    readFolder(folder.path)
  } catch (error) {
    assert.equal((error as { code: string }).code, 'bad_layer')
    return (error as Error).message
  }
  return 'none'
}

describe('readFolder', () => {
  it('refuses links by name, wherever they lead', () => {
    for (const target of ['b.js', '../..', '/etc/passwd', 'nowhere']) {
      using folder = new TemporaryFolder({ 'node_modules/b.js': '' })
      symlinkSync(target, join(folder.path, 'node_modules/a'))
      assert.match(refusalOf(folder), /: "node_modules\/a": a link, must be a file or a folder/)
    }
  })

  it('refuses pipes by name, without waiting for them', () => {
    using folder = new TemporaryFolder()
    assert.equal(spawnSync('mkfifo', [join(folder.path, 'pipe')]).status, 0)
    assert.match(refusalOf(folder), /: "pipe": no file, must be a file or a folder$/)
  })

  it('refuses names that cannot be in a layer, and those that collide', () => {
    using control = new TemporaryFolder({ 'a\nb': '' })
    assert.match(refusalOf(control), /: "a\\nb": a name with a control character/)
    using backslash = new TemporaryFolder({ 'a\\b': '' })
    assert.match(refusalOf(backslash), /: "a\\\\b": a name with a backslash/)
    using cased = new TemporaryFolder({ 'Lib/a.js': '', 'lib/b.js': '' })
    assert.match(refusalOf(cased), /: "lib": differs from "Lib" only in case/)
    using bytes = new TemporaryFolder()
    writeFileSync(Buffer.from(`${bytes.path}/a\xff`, 'latin1'), '')
    assert.match(refusalOf(bytes), /: "aÿ": a name that is no Unicode text, must be UTF-8$/)
    rmSync(Buffer.from(`${bytes.path}/a\xff`, 'latin1'))
    using deep = new TemporaryFolder({ [`${'x/'.repeat(520)}y`]: '' })
    assert.match(refusalOf(deep), /a path of 1025 bytes, must be at most 1024$/)
  })

  it('refuses more bytes than a layer may have, by their sizes alone', () => {
    using folder = new TemporaryFolder({ a: '', b: 'b' })
    truncateSync(join(folder.path, 'a'), 250 * MiB)
    assert.match(refusalOf(folder), /: over 262144000 bytes, must be at most as many$/)
    rmSync(join(folder.path, 'b'))
    assert.equal(refusalOf(folder), 'none')
  })

  it('refuses a file that changes while it is read, and leaves nothing', async () => {
    const changes: Readonly<Record<string, (file: string) => void>> = {
      'changed while it was read': (file) => appendFileSync(file, 'x'),
      ELOOP: (file) => {
        renameSync(file, `${file}.js`)
        symlinkSync(`${file}.js`, file)
      },
      ENOENT: (file) => rmSync(file),
    }
    for (const [message, change] of Object.entries(changes)) {
      using folder = new TemporaryFolder({ a: 'a' })
      const source = readFolder(folder.path)
      change(join(folder.path, 'a'))
      assert.throws(() => [...(source.files[0]!.read() as Iterable<Uint8Array>)], {
        code: 'bad_layer',
        message: new RegExp(`"a": .*${message}`),
      })
    }
  })

  it('refuses what it may not read', { skip: process.getuid?.() === 0 && 'root may read all' }, async () => {
    using folder = new TemporaryFolder({ a: 'a' })
    mkdirSync(join(folder.path, 'closed'), { mode: 0 })
    await assert.rejects(packLayer({ path: folder.path, temporaryFolder: folder.path }), {
      code: 'bad_layer',
      message: /"closed": EACCES/,
    })
  })
})
