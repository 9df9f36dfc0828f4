import assert from 'node:assert/strict'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { request } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, describe, it } from 'node:test'
import { loadUws, needsRelink, relink, relinkedCopy, type Uws } from '../../../router/http/uws-binary.ts'

const packageDir = dirname(createRequire(import.meta.url).resolve('uWebSockets.js'))
// Relinking is work on bytes: both can be relinked on any machine, whichever of them it could load.
const X64 = join(packageDir, 'uws_linux_x64_137.node')
const ARM64 = join(packageDir, 'uws_linux_arm64_137.node')

const root = mkdtempSync(join(tmpdir(), 'isolette-uws-'))
after(() => rmSync(root, { recursive: true, force: true }))
let folders = 0
const freshDir = () => join(root, String(++folders))

describe('loadUws', () => {
  const cacheDir = freshDir()

  it('serves a GET', async () => {
    await withServer(loadUws(cacheDir), async (port) => {
      assert.deepEqual(await get(port, '/hello?a=b'), { status: 200, body: 'get /hello a=b' })
    })
  })

  it('gives the same module on the second call, and writes nothing more', () => {
    const first = loadUws(cacheDir)
    const files = existsSync(cacheDir) ? readdirSync(cacheDir) : []
    assert.equal(loadUws(cacheDir), first)
    assert.deepEqual(existsSync(cacheDir) ? readdirSync(cacheDir) : [], files)
    assert.ok(files.length <= 1, `expected at most the one copy, found ${files}`)
  })

  it('exports the exclusive port option, which the types put elsewhere', () => {
    assert.equal(loadUws(cacheDir).LIBUS_LISTEN_EXCLUSIVE_PORT, 1)
  })

  it('accepts a header block of 20 KiB, and answers 431 to one over 32 KiB', async () => {
    await withServer(loadUws(cacheDir), async (port) => {
      const accepted = await get(port, '/big?', { 'x-large': 'y'.repeat(20 * 1024) })
      assert.deepEqual(accepted, { status: 200, body: 'get /big ' })
      const refused = await get(port, '/bigger?', { 'x-large': 'y'.repeat(32 * 1024) })
      assert.equal(refused.status, 431)
    })
  })
})

describe('needsRelink', () => {
  it('is true on glibc 2.36 and 2.37 only', () => {
    assert.equal(needsRelink('linux', '2.36'), true)
    assert.equal(needsRelink('linux', '2.37'), true)
    assert.equal(needsRelink('linux', '2.38'), false)
    assert.equal(needsRelink('linux', '2.41'), false)
    assert.equal(needsRelink('darwin', undefined), false)
    assert.equal(needsRelink('win32', undefined), false)
  })

  it('says what is needed and what was found where the binary cannot load', () => {
    assert.throws(() => needsRelink('linux', '2.35'), /needs glibc 2\.36 or newer; found glibc 2\.35/)
    assert.throws(() => needsRelink('linux', undefined), /needs glibc 2\.36 or newer; .*musl/)
    assert.throws(() => needsRelink('linux', 'odd'), /found version "odd", expected one like "2\.36"/)
  })
})

describe('relinkedCopy', () => {
  const identity = (path: string) => {
    const { ino, mtimeNs } = statSync(path, { bigint: true })
    return { ino, mtimeNs }
  }

  it('makes a private folder with one read-only copy in it', () => {
    const dir = join(freshDir(), 'nested')
    const copy = relinkedCopy(X64, dir)
    assert.equal(statSync(dir).mode & 0o777, 0o700)
    assert.equal(statSync(copy).mode & 0o777, 0o400)
    assert.deepEqual(readFileSync(copy), relink(x64()))
    assert.equal(readdirSync(dir).length, 1)
  })

  it('reuses an intact copy', () => {
    const dir = freshDir()
    const copy = relinkedCopy(X64, dir)
    const before = identity(copy)
    assert.equal(relinkedCopy(X64, dir), copy)
    assert.deepEqual(identity(copy), before)
  })

  it('makes a new copy for another original', () => {
    const dir = freshDir()
    const upgraded = join(freshDir(), 'uws_linux_x64_137.node')
    mkdirSync(dirname(upgraded))
    writeFileSync(upgraded, x64())
    const first = relinkedCopy(upgraded, dir)
    appendFileSync(upgraded, 'newer')
    assert.notEqual(relinkedCopy(upgraded, dir), first)
    assert.equal(readdirSync(dir).length, 2)
  })

  const damages: Record<string, (copy: string) => void> = {
    'with a changed byte': (copy) => {
      const bytes = readFileSync(copy)
      bytes[4096] = bytes[4096]! ^ 1
      chmodSync(copy, 0o600)
      writeFileSync(copy, bytes)
    },
    'cut short': (copy) => {
      chmodSync(copy, 0o600)
      truncateSync(copy, 1_000_000)
    },
    'that others may write to': (copy) => chmodSync(copy, 0o666),
  }
  for (const [what, damage] of Object.entries(damages)) {
    it(`replaces a copy ${what}`, () => {
      const dir = freshDir()
      const copy = relinkedCopy(X64, dir)
      const before = identity(copy)
      damage(copy)
      assert.equal(relinkedCopy(X64, dir), copy)
      assert.notEqual(identity(copy).ino, before.ino)
      assert.equal(statSync(copy).mode & 0o777, 0o400)
      assert.deepEqual(readFileSync(copy), relink(x64()))
      assert.equal(readdirSync(dir).length, 1)
    })
  }

  it('refuses a folder that others may write to', () => {
    const dir = freshDir()
    mkdirSync(dir)
    chmodSync(dir, 0o770)
    assert.throws(() => relinkedCopy(X64, dir), /must be a folder .* found mode 770, owner \d+.*chmod go-w/)
    assert.deepEqual(readdirSync(dir), [])
  })

  it('names the binary that the package does not have', () => {
    const missing = join(packageDir, 'uws_linux_x64_1.node')
    assert.throws(() => relinkedCopy(missing, freshDir()), /Reading .*uws_linux_x64_1\.node/)
  })
})

describe('relink', () => {
  for (const [arch, path, functions] of [
    ['x64', X64, 3],
    ['arm64', ARM64, 2],
  ] as const) {
    it(`changes one flag, and the name and version of ${functions} functions, on ${arch}`, () => {
      const original = readFileSync(path)
      const untouched = Buffer.from(original)
      const relinked = relink(original)
      assert.ok(original.equals(untouched), 'the argument must not be changed')
      assert.equal(relinked.length, original.length)
      // The names move within one page of the string table, so each changes one byte of its offset; so do
      // the version indexes, which are below 256.
      assert.equal(countDifferences(original, relinked), 1 + 2 * functions)
      assert.ok(relink(relinked).equals(relinked), 'nothing must be left to relink')
    })
  }

  it('refuses what is not an ELF file', () => {
    assert.throws(
      () => relink(Buffer.from('#!/bin/sh')),
      /expected an ELF file \(7f 45 4c 46\); found 23212f62/,
    )
    assert.throws(() => relink(Buffer.alloc(0)), /expected an ELF file .*; found an empty file/)
  })

  it('refuses another class, byte order or processor', () => {
    const changed = (at: number, value: number) => {
      const elf = x64()
      elf[at] = value
      return elf
    }
    assert.throws(
      () => relink(changed(4, 1)),
      /expected a 64-bit \(2\), little-endian \(1\) file; found class 1/,
    )
    assert.throws(() => relink(changed(5, 2)), /found class 2, byte order 2/)
    assert.throws(() => relink(changed(18, 40)), /expected machine 62 .* or 183 .*; found machine 40/)
  })

  it('names what is missing from a file cut short, wherever it is cut', () => {
    const elf = x64()
    assert.throws(
      () => relink(elf.subarray(0, 40)),
      /expected the 64-byte ELF header at 0 to 64; found an end at 40/,
    )
    for (const length of [64, 1000, 500_000, elf.length - 1]) {
      assert.throws(
        () => relink(elf.subarray(0, length)),
        /expected section header \d+ at .*; found an end at/,
      )
    }
  })

  it('refuses a library that needs nothing, or more than it knows, of glibc 2.38', () => {
    const without = x64()
    without.write('GLIBC_2.37\0', without.indexOf('GLIBC_2.38\0'), 'latin1')
    assert.throws(
      () => relink(without),
      /expected a need for GLIBC_2\.38 of libc\.so\.6; found .*GLIBC_2\.37/,
    )
    const more = x64()
    more.write('__isoc99_strtol\0', more.indexOf('__isoc23_strtol\0'), 'latin1')
    assert.throws(() => relink(more), /expected only __isoc23_\* to need GLIBC_2\.38; found __isoc99_strtol/)
  })
})

function x64(): Buffer {
  return readFileSync(X64)
}

function countDifferences(a: Buffer, b: Buffer): number {
  let count = 0
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) count++
  return count
}

async function withServer(uws: Uws, use: (port: number) => Promise<void>): Promise<void> {
  const app = uws.App().any('/*', (res, req) => {
    res.end(`${req.getMethod()} ${req.getUrl()} ${req.getQuery()}`)
  })
  try {
    const port = await new Promise<number>((resolve, reject) => {
      app.listen('127.0.0.1', 0, (socket) => {
        if (socket) resolve(uws.us_socket_local_port(socket))
        else reject(new Error('Listening on port 0 of 127.0.0.1 failed'))
      })
    })
    await use(port)
  } finally {
    app.close()
  }
}

function get(
  port: number,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers, agent: false }, async (response) => {
      try {
        const body = Buffer.concat(await response.toArray()).toString()
        resolve({ status: response.statusCode, body })
      } catch (error) {
        reject(error)
      }
    })
      .on('error', reject)
      .end()
  })
}
