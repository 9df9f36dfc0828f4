/**
 * Loads uWebSockets.js, on the glibc of Debian 12 too.
 *
 * The package's Linux binaries ask for glibc 2.38, but only on account of up to three symbols: compiled against
 * C23 headers, `strtol`, `strtoul` and `strtoull` become `__isoc23_strtol` and so on, which differ by one thing:
 * they also read "0b101". Everything else in there is content with 2.36. So on glibc 2.36 and 2.37 a private,
 * relinked copy is loaded instead:
 *
 *  - the need for `GLIBC_2.38` is marked weak (`VER_FLG_WEAK`), so that the dynamic linker lets it go unmet;
 *  - each `__isoc23_strtol` starts its name 9 bytes later in the string table, which makes it `strtol`, and
 *    asks for the oldest version of glibc on that processor, the one in which these functions have always been.
 *
 * No code is changed, and the file keeps its length. On glibc 2.38 and newer, and on macOS and Windows, the
 * package is loaded as it is. Its own entry file does nothing but pick the binary for this platform, so nothing
 * is lost by going round it. This is the only file that may import uWebSockets.js as a value.
 */

import type * as uWS from 'uWebSockets.js'
import { createHash, randomUUID } from 'node:crypto'
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, resolve } from 'node:path'

/**
 * The module as it really is: its types put `LIBUS_LISTEN_EXCLUSIVE_PORT` into an enum `ListenOptions` that does
 * not exist at run time; the number is exported by itself.
 */
export type Uws = typeof uWS & {
  readonly LIBUS_LISTEN_EXCLUSIVE_PORT: uWS.ListenOptions.LIBUS_LISTEN_EXCLUSIVE_PORT
}

/** The largest block of request line and headers; uWebSockets.js itself defaults to 4096. */
const MAX_HEADERS_BYTES = 32 * 1024

const require = createRequire(import.meta.url)

/**
 * Loads uWebSockets.js, with room for 32 KiB of request headers. Synchronous; a second call in the same process
 * with the same folder gives the same module.
 *
 * `cacheDir` is used on glibc 2.36 and 2.37 only: it is made (mode 0700) if it is missing, and receives the
 * relinked copy, about 7 MB.
 *
 * Call it in the main thread of a process: in a worker thread `process.env` does not reach native code, and
 * ending such a thread aborts the process.
 *
 * Throws an Error if the C library is too old or not glibc, if the package has no binary for this Node or
 * processor, if the binary is not the ELF file we know how to relink, or if others may write to `cacheDir`.
 */
export function loadUws(cacheDir: string): Uws {
  // Read once, while the addon is being loaded.
  process.env.UWS_HTTP_MAX_HEADERS_SIZE = String(MAX_HEADERS_BYTES)
  if (!needsRelink(process.platform, glibcVersion())) return require('uWebSockets.js')

  const packageDir = dirname(require.resolve('uWebSockets.js'))
  const original = join(packageDir, `uws_linux_${process.arch}_${process.versions.modules}.node`)
  const copy = relinkedCopy(original, cacheDir)
  try {
    return require(copy)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Error(
      `Loading uWebSockets.js from its relinked copy ${copy} failed: ${why}. ` +
        'The folder must be on a file system that allows execution (not mounted noexec).',
      { cause },
    )
  }
}

/**
 * Whether the package's binary must be relinked for this platform and glibc version (`undefined`: the C library
 * is not glibc). Throws an Error that names what is needed and what was found if it cannot be made to load.
 */
export function needsRelink(platform: NodeJS.Platform, glibc: string | undefined): boolean {
  if (platform !== 'linux') return false
  const needed = 'Loading uWebSockets.js on Linux needs glibc 2.36 or newer'
  if (glibc === undefined) throw new Error(`${needed}; this Node runs on another C library (musl?)`)
  const [major, minor] = glibc.split('.').map(Number)
  if (major !== 2 || minor === undefined || !Number.isInteger(minor)) {
    throw new Error(`${needed}; found version ${JSON.stringify(glibc)}, expected one like "2.36"`)
  }
  if (minor < 36) throw new Error(`${needed}; found glibc ${glibc}`)
  return minor < 38
}

function glibcVersion(): string | undefined {
  // A report lists the open sockets too, and asks DNS for their names, unless it is told not to.
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork: boolean }
  const before = report.excludeNetwork
  report.excludeNetwork = true
  try {
    const { header } = report.getReport() as { header: { glibcVersionRuntime?: string } }
    return header.glibcVersionRuntime
  } finally {
    report.excludeNetwork = before
  }
}

/**
 * Makes sure that `cacheDir` holds the relinked copy of the binary `original`, and returns its path.
 *
 * The copy is native code that we are about to run. Its name holds the SHA-256 of the original, so that an
 * upgrade makes a new one, and its own, so that a damaged one is noticed and replaced; so is one that is no plain
 * file or that others may write to. (Hashing costs some 10 ms, and makes fsync needless.) Processes that start
 * together may each write the copy: it is put in place by a rename, and all of them write the same.
 *
 * Throws an Error if `original` is missing or cannot be relinked, or if `cacheDir` is not a folder of this user
 * that only this user may write to.
 */
export function relinkedCopy(original: string, cacheDir: string): string {
  const dir = resolve(cacheDir)
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const stat = lstatSync(dir)
  if (!stat.isDirectory() || !onlyOursToWrite(stat)) {
    throw new Error(
      `Keeping native code in ${dir} was refused: it must be a folder (no link) that belongs to this user and ` +
        `that no group or other user may write to; found mode ${(stat.mode & 0o7777).toString(8)}, ` +
        `owner ${stat.uid}. Choose another folder, or take the right to write from the others (chmod go-w).`,
    )
  }

  const prefix = `${basename(original, '.node')}-${hashOfOriginal(original)}-`
  const pathFor = (hash: string) => join(dir, `${prefix}${hash}.node`)
  for (const name of readdirSync(dir)) {
    if (!name.startsWith(prefix)) continue
    const hash = name.slice(prefix.length, -'.node'.length)
    if (isIntact(pathFor(hash), hash)) return pathFor(hash)
  }

  const relinked = relink(readFileSync(original))
  const copy = pathFor(createHash('sha256').update(relinked).digest('hex'))
  const temporary = join(dir, `.${randomUUID()}.tmp`)
  try {
    writeFileSync(temporary, relinked, { flag: 'wx', mode: 0o400 })
    renameSync(temporary, copy)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
  return copy
}

function onlyOursToWrite({ mode, uid }: { mode: number; uid: number }): boolean {
  return (mode & 0o022) === 0 && uid === process.geteuid?.()
}

function isIntact(copy: string, hash: string): boolean {
  try {
    const stat = lstatSync(copy)
    return stat.isFile() && onlyOursToWrite(stat) && hashOfFile(copy) === hash
  } catch {
    // Not readable, or just gone: writing a new one succeeds, or says what is wrong.
    return false
  }
}

function hashOfOriginal(path: string): string {
  try {
    return hashOfFile(path)
  } catch (cause) {
    throw new Error(
      `Reading ${path}, the binary of uWebSockets.js for this Node (${process.version}) and processor ` +
        `(${process.arch}), failed: install the packages completely, and run the Node that this project pins, ` +
        'on x64 or arm64',
      { cause },
    )
  }
}

/** In small pieces: a buffer of the whole file costs each process 7 MB and five times the time. */
function hashOfFile(path: string): string {
  const hash = createHash('sha256')
  const piece = Buffer.allocUnsafe(64 * 1024)
  const file = openSync(path, 'r')
  try {
    for (let length = readSync(file, piece); length > 0; length = readSync(file, piece)) {
      hash.update(piece.subarray(0, length))
    }
  } finally {
    closeSync(file)
  }
  return hash.digest('hex')
}

/** By ELF's number for the processor: the version of glibc that its oldest functions carry. */
const OLDEST_GLIBC = new Map([
  [62, 'GLIBC_2.2.5'], // x86-64
  [183, 'GLIBC_2.17'], // aarch64
])
const TOO_NEW = 'GLIBC_2.38'
const PREFIX = '__isoc23_'

// Section types, and sizes of the structures in them, from elf.h.
const SHT_STRTAB = 3
const SHT_DYNSYM = 11
const SHT_GNU_VERNEED = 0x6ffffffe
const SHT_GNU_VERSYM = 0x6fffffff
const SECTION_BYTES = 64
const SYMBOL_BYTES = 24
const VERNEED_BYTES = 16
const VERNAUX_BYTES = 16
const VER_FLG_WEAK = 2
/** The top bit of a symbol's version index only says "hidden". */
const VERSION_INDEX = 0x7fff

/**
 * Returns a copy of a 64-bit little-endian ELF library that loads without glibc 2.38, as the head of this file
 * explains. Pure: the argument is not changed.
 *
 * Throws an Error that names what was expected if it is no such library (x86-64 or aarch64), if it is cut short,
 * if it does not need `GLIBC_2.38`, or if it needs anything of it but `__isoc23_*`: such a copy would load and
 * then crash on the first call.
 */
export function relink(original: Buffer): Buffer {
  const elf = Buffer.from(original)
  if (elf.toString('latin1', 0, 4) !== '\x7fELF') {
    refuse('an ELF file (7f 45 4c 46)', elf.length === 0 ? 'an empty file' : elf.toString('hex', 0, 4))
  }
  const header = slice(elf, 0, 64, 'the 64-byte ELF header')
  if (header[4] !== 2 || header[5] !== 1) {
    refuse('a 64-bit (2), little-endian (1) file', `class ${header[4]}, byte order ${header[5]}`)
  }
  const machine = header.readUInt16LE(18)
  const oldest = OLDEST_GLIBC.get(machine)
  if (oldest === undefined) return refuse('machine 62 (x86-64) or 183 (aarch64)', `machine ${machine}`)

  const sections = readSections(elf, header)
  const symbols = sectionOf(sections, SHT_DYNSYM, '.dynsym')
  const indexes = sectionOf(sections, SHT_GNU_VERSYM, '.gnu.version')
  const verneed = sectionOf(sections, SHT_GNU_VERNEED, '.gnu.version_r')
  const strings = sections[symbols.link]
  if (strings?.type !== SHT_STRTAB || verneed.link !== symbols.link) {
    return refuse(
      'one string table for .dynsym and .gnu.version_r',
      `sections ${symbols.link}, ${verneed.link}`,
    )
  }

  // Only libc's entries: libm has a GLIBC_2.2.5 of its own, under another index.
  const ofLibc = [...neededVersions(verneed.bytes, strings.bytes)].filter(
    ({ library }) => library === 'libc.so.6',
  )
  const names = ofLibc.map(({ name }) => name).join(' ') || 'none'
  const tooNew = ofLibc.find(({ name }) => name === TOO_NEW)
  const old = ofLibc.find(({ name }) => name === oldest)
  if (tooNew === undefined) return refuse(`a need for ${TOO_NEW} of libc.so.6`, names)
  if (old === undefined) return refuse(`a need for ${oldest} of libc.so.6`, names)
  tooNew.aux.writeUInt16LE(tooNew.aux.readUInt16LE(4) | VER_FLG_WEAK, 4)

  for (let i = 0; i < Math.floor(symbols.bytes.length / SYMBOL_BYTES); i++) {
    const index = slice(indexes.bytes, i * 2, 2, `the version of dynamic symbol ${i}`)
    if ((index.readUInt16LE() & VERSION_INDEX) !== tooNew.index) continue
    const symbol = slice(symbols.bytes, i * SYMBOL_BYTES, SYMBOL_BYTES, `dynamic symbol ${i}`)
    const nameAt = symbol.readUInt32LE(0)
    const name = text(strings.bytes, nameAt, `the name of dynamic symbol ${i}`)
    if (!name.startsWith(PREFIX)) refuse(`only ${PREFIX}* to need ${TOO_NEW}`, name)
    symbol.writeUInt32LE(nameAt + PREFIX.length, 0)
    index.writeUInt16LE(old.index)
  }
  return elf
}

type Section = { type: number; link: number; bytes: Buffer }

function readSections(elf: Buffer, header: Buffer): Section[] {
  const entryBytes = header.readUInt16LE(58)
  if (entryBytes !== SECTION_BYTES) refuse(`section headers of ${SECTION_BYTES} bytes`, `${entryBytes}`)
  const tableAt = Number(header.readBigUInt64LE(40))
  return Array.from({ length: header.readUInt16LE(60) }, (_, i) => {
    const entry = slice(elf, tableAt + i * SECTION_BYTES, SECTION_BYTES, `section header ${i}`)
    const type = entry.readUInt32LE(4)
    const wanted = [SHT_STRTAB, SHT_DYNSYM, SHT_GNU_VERNEED, SHT_GNU_VERSYM].includes(type)
    const at = Number(entry.readBigUInt64LE(24))
    const size = Number(entry.readBigUInt64LE(32))
    // Others are not looked at; .bss has a size, but no bytes in the file.
    const bytes = wanted ? slice(elf, at, size, `section ${i}`) : Buffer.alloc(0)
    return { type, link: entry.readUInt32LE(40), bytes }
  })
}

function sectionOf(sections: Section[], type: number, name: string): Section {
  return sections.find((section) => section.type === type) ?? refuse(`a section ${name}`, 'none')
}

/** Walks `.gnu.version_r`: a chain of libraries, each with a chain of the versions needed of it. */
function* neededVersions(verneed: Buffer, strings: Buffer) {
  for (let at = 0, next = -1; next !== 0; at += next) {
    const entry = slice(verneed, at, VERNEED_BYTES, 'a library in .gnu.version_r')
    const library = text(strings, entry.readUInt32LE(4), 'the name of a library')
    let auxAt = at + entry.readUInt32LE(8)
    for (let left = entry.readUInt16LE(2); left > 0; left--) {
      const aux = slice(verneed, auxAt, VERNAUX_BYTES, `a version of ${library} in .gnu.version_r`)
      const name = text(strings, aux.readUInt32LE(8), `the name of a version of ${library}`)
      yield { library, name, index: aux.readUInt16LE(6), aux }
      auxAt += aux.readUInt32LE(12)
    }
    next = entry.readUInt32LE(12)
  }
}

/** A view, so that what is written to it changes the whole. */
function slice(whole: Buffer, at: number, length: number, what: string): Buffer {
  if (at + length > whole.length) refuse(`${what} at ${at} to ${at + length}`, `an end at ${whole.length}`)
  return whole.subarray(at, at + length)
}

function text(strings: Buffer, at: number, what: string): string {
  const end = at < strings.length ? strings.indexOf(0, at) : -1
  if (end === -1) refuse(`${what} at ${at}, ended by a zero`, `a string table of ${strings.length} bytes`)
  return strings.toString('latin1', at, end)
}

function refuse(expected: string, found: string): never {
  throw new Error(`Relinking the binary of uWebSockets.js: expected ${expected}; found ${found}`)
}
