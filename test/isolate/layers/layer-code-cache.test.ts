import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import ivm from 'isolated-vm'
import type { CodeCache } from '../../../runtime/isolate/code-cache.ts'
import { LayerCodeCache, type ScriptWithCode } from '../../../runtime/isolate/layers/layer-code-cache.ts'

const source = '((layerFiles) => ({ preload: [], require: (path) => path }))'

/** Whether V8 takes it. */
function isTaken(cachedData: CodeCache | null, code = source): boolean {
  assert.ok(cachedData !== null)
  const isolate = new ivm.Isolate({ memoryLimit: 16 })
  const script: ScriptWithCode = isolate.compileScriptSync(code, {
    filename: 'isolette:layers',
    cachedData,
  })
  isolate.dispose()
  return script.cachedDataRejected === false
}

describe('LayerCodeCache', () => {
  let parent = ''
  let folder = ''
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'isolette-code-'))
    folder = join(parent, 'cache', 'code')
  })
  afterEach(() => rmSync(parent, { recursive: true, force: true }))

  /** The one file that is kept. */
  const kept = () => {
    const names = readdirSync(folder)
    assert.equal(names.length, 1)
    return join(folder, names[0]!)
  }
  /** Whether the next process finds the script's code: it does not write it again. */
  const isFound = (code = source) => {
    utimesSync(kept(), 1, 1)
    assert.ok(isTaken(new LayerCodeCache(folder).codeOf('a', code), code))
    return statSync(kept()).mtimeMs === 1000
  }

  it('keeps code in a folder and a file that only its owner may touch', () => {
    assert.ok(isTaken(new LayerCodeCache(folder).codeOf('a', source)))
    assert.equal(statSync(folder).mode & 0o777, 0o700)
    assert.equal(statSync(kept()).mode & 0o777, 0o600)
    assert.ok(isFound())
  })

  it('compiles damaged files anew', () => {
    new LayerCodeCache(folder).codeOf('a', source)
    const bytes = readFileSync(kept())
    for (const damaged of [
      bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte)),
      bytes.map((byte, at) => (at === 40 ? byte ^ 1 : byte)),
      bytes.subarray(0, 40),
      bytes.subarray(0, 10),
      Buffer.alloc(0),
    ]) {
      writeFileSync(kept(), damaged)
      assert.equal(isFound(), false)
      assert.ok(isFound())
    }
  })

  it('compiles anew what V8 rejects', () => {
    new LayerCodeCache(folder).codeOf('a', source)
    const other = `${source} // longer`
    assert.equal(isFound(other), false)
    assert.ok(isFound(other))
  })

  it('does not take the code of another script under the name of this', () => {
    const cache = new LayerCodeCache(folder)
    cache.codeOf('a', source)
    const file = kept()
    cache.codeOf('b', source)
    const other = readdirSync(folder).find((name) => !file.endsWith(name))!
    renameSync(join(folder, other), file)
    assert.equal(isFound(), false)
  })

  /** What a script of the same length does whose code somebody put into the folder; V8 does not see the difference. */
  const planted = (spoil: () => void) => {
    rmSync(folder, { recursive: true, force: true })
    new LayerCodeCache(folder).codeOf('a', '"evil"')
    spoil()
    const cachedData = new LayerCodeCache(folder).codeOf('a', '"good"')!
    const isolate = new ivm.Isolate({ memoryLimit: 16 })
    const options = { filename: 'isolette:layers', cachedData }
    const value = isolate.compileScriptSync('"good"', options).runSync(isolate.createContextSync())
    isolate.dispose()
    return value
  }

  it('does not read what others may have put there', () => {
    assert.equal(
      planted(() => {}),
      'evil',
    )
    assert.equal(
      planted(() => chmodSync(folder, 0o770)),
      'good',
    )
    assert.equal(
      planted(() => chmodSync(kept(), 0o620)),
      'good',
    )
    const throughLink = () => {
      const file = kept()
      renameSync(file, join(parent, 'elsewhere'))
      symlinkSync(join(parent, 'elsewhere'), file)
    }
    assert.equal(planted(throughLink), 'good')
  })

  it('does not read what belongs to others', { skip: process.getuid?.() !== 0 && 'needs root' }, () => {
    assert.equal(
      planted(() => chownSync(kept(), 12_345, 0)),
      'good',
    )
    assert.equal(
      planted(() => chownSync(folder, 12_345, 0)),
      'good',
    )
  })

  it('does not write where others may', () => {
    new LayerCodeCache(folder).codeOf('a', source)
    writeFileSync(kept(), 'untouched')
    chmodSync(folder, 0o770)
    assert.ok(isTaken(new LayerCodeCache(folder).codeOf('a', source)))
    assert.equal(readFileSync(kept(), 'utf8'), 'untouched')
  })

  it('answers without a place to keep anything', () => {
    writeFileSync(join(parent, 'cache'), 'a file')
    assert.ok(isTaken(new LayerCodeCache(folder).codeOf('a', source)))
  })

  it('has no code of what does not compile', () => {
    assert.equal(new LayerCodeCache(folder).codeOf('a', '(('), null)
  })

  it('keeps 200 files, and lets the oldest go', () => {
    const cache = new LayerCodeCache(folder)
    cache.codeOf('a', source)
    const first = kept()
    for (let index = 0; index < 199; index++) {
      const file = join(folder, `other-${index}`)
      writeFileSync(file, '')
      utimesSync(file, 10 + index, 10 + index)
    }
    cache.codeOf('b', source)
    const names = readdirSync(folder)
    assert.equal(names.length, 200)
    assert.ok(
      !names.includes('other-0') && names.includes('other-1') && names.some((name) => first.endsWith(name)),
    )
  })

  it('serves several processes at once', async () => {
    const script = fileURLToPath(new URL('../code-cache-process.ts', import.meta.url))
    const run = promisify(execFile)
    const runs = [0, 1].map(() => run(process.execPath, ['--no-node-snapshot', script, folder]))
    for (const { stdout } of await Promise.all(runs)) assert.equal(stdout, '20')
    assert.equal(readdirSync(folder).length, 20)
  })
})
