import { createHash, randomUUID } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { cachedDataVersionTag } from 'node:v8'
import ivm from 'isolated-vm'
import type { Digest } from '../../model/version.ts'
import { type CodeCache, compileEagerly } from '../code-cache.ts'
import { layersFilename } from './layer-script.ts'

/** Some ten KB each; what other releases of Node left is among them. */
const maxFiles = 200
const maxFileBytes = 64 * 2 ** 20
const checksumBytes = 32
/**
 * A script of at most so many UTF-16 units is compiled with all its functions: that of lodash is then evaluated in 5.8 ms
 * instead of 7.4, and the first request that calls one of its functions takes half as long, for 190 KiB an instance. Of a
 * larger one functions use less, and it would hold the thread for longer than 50 ms.
 */
const maxEagerLength = 2 ** 20

/** As isolated-vm returns it, which its types know only in part. */
export type ScriptWithCode = ivm.Script & {
  readonly cachedData?: CodeCache
  readonly cachedDataRejected?: boolean
}

/**
 * Layer scripts as V8 compiled them, kept in a folder that the processes of one data directory share.
 *
 * V8 runs what it reads there as it is: whoever can write such a file runs machine code of his in this process. So files
 * and folder count only if they are this user's and nobody else's to touch, and bytes only if their checksum is right:
 * V8's own finds accidents of its making, not those of a disk. A folder that does not qualify is neither read nor written.
 */
export class LayerCodeCache {
  readonly #folder: string

  /** @param folder is made when it is needed */
  constructor(folder: string) {
    this.#folder = folder
  }

  /**
   * Finds the script's code, or compiles it and keeps that. Takes 2 ms of the thread, and what compiling takes: 50 ms at most.
   *
   * @returns null if the script does not compile
   */
  codeOf(digest: Digest, source: string): CodeCache | null {
    const key = keyOf(digest)
    const kept = this.#read(key)
    if (kept !== null) {
      const code = new ivm.ExternalCopy(kept)
      if (isTaken(code, source)) return code
    }
    const isSmall = source.length <= maxEagerLength
    const code = isSmall ? compileEagerly(source, layersFilename) : compileLazily(source)
    if (code !== null) this.#write(key, new Uint8Array(code.copy()))
    return code
  }

  #read(key: string): ArrayBuffer | null {
    try {
      if (!isOurs(lstatSync(this.#folder))) return null
      const file = openSync(join(this.#folder, key), constants.O_RDONLY | constants.O_NOFOLLOW)
      try {
        const stats = fstatSync(file)
        if (!stats.isFile() || !isOurs(stats) || stats.size > maxFileBytes) return null
        const bytes = readFileSync(file)
        const code = bytes.subarray(checksumBytes)
        if (!checksumOf(key, code).equals(bytes.subarray(0, checksumBytes))) return null
        return Uint8Array.from(code).buffer
      } finally {
        closeSync(file)
      }
    } catch {
      return null
    }
  }

  /** Several processes may write the same at once: each file appears whole. */
  #write(key: string, code: Uint8Array): void {
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
      if (!isOurs(lstatSync(this.#folder))) return
      this.#makeRoom()
      const temporary = join(this.#folder, `${key}.${randomUUID()}`)
      try {
        writeFileSync(temporary, Buffer.concat([checksumOf(key, code), code]), { mode: 0o600, flag: 'wx' })
        renameSync(temporary, join(this.#folder, key))
      } catch {
        rmSync(temporary, { force: true })
      }
    } catch {
      // Without a place to keep it the next process compiles it again, no more.
    }
  }

  /** The oldest go: a script that is still in use is compiled again then, once. */
  #makeRoom(): void {
    const names = readdirSync(this.#folder)
    if (names.length < maxFiles) return
    const byAge = names
      .map((name) => join(this.#folder, name))
      .map((file) => ({ file, mtimeMs: statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
      .sort((a, b) => a.mtimeMs - b.mtimeMs)
    for (const { file } of byAge.slice(0, names.length - maxFiles + 1)) rmSync(file, { force: true })
  }
}

/** Whether V8 finds that it fits. */
function isTaken(code: CodeCache, source: string): boolean {
  const isolate = new ivm.Isolate({ memoryLimit: 128 })
  try {
    const script: ScriptWithCode = isolate.compileScriptSync(source, {
      filename: layersFilename,
      cachedData: code,
    })
    return script.cachedDataRejected !== true
  } catch {
    return false
  } finally {
    isolate.dispose()
  }
}

/** As V8 compiles by itself: what is called later is compiled later. */
function compileLazily(source: string): CodeCache | null {
  const isolate = new ivm.Isolate({ memoryLimit: 128 })
  try {
    const script: ScriptWithCode = isolate.compileScriptSync(source, {
      filename: layersFilename,
      produceCachedData: true,
    })
    return script.cachedData!
  } catch {
    // Whoever evaluates it will be told where its error is.
    return null
  } finally {
    isolate.dispose()
  }
}

/** V8's tag is of its version, its flags and the processor's features. */
function keyOf(digest: Digest): string {
  const parts = [digest, process.version, process.arch, cachedDataVersionTag()]
  return createHash('sha256').update(parts.join('\n')).digest('hex')
}

function checksumOf(key: string, code: Uint8Array): Buffer {
  return createHash('sha256').update(key).update(code).digest()
}

function isOurs({ uid, mode }: Stats): boolean {
  return uid === process.getuid?.() && (mode & 0o077) === 0
}
