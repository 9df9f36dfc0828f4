import { createHash, randomUUID } from 'node:crypto'
import { constants, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { mkdtemp, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { IsoletteError } from '../../model/errors.ts'
import type { Digest } from '../../model/version.ts'
import { storageFailure } from '../../storage/storage-failure.ts'
import { syncFolder } from '../../storage/sync-folder.ts'
import type { ArtifactStore, TemporaryFolder } from '../registry.ts'

const digestPattern = /^[0-9a-f]{64}$/
/** Of a file that is too large to hold: a millisecond of hashing a piece, so that the process stays awake. */
const readBytes = 1024 * 1024

/** The artifacts of a data directory, which the registry keeps clean. */
export interface CleanableArtifacts extends ArtifactStore {
  /** Somebody is about to refer to these: to `removeUnused` they are as if just put. */
  spare(digests: Iterable<Digest>): void
  /** Removes what `isUsed` denies, but nothing that this process put at `putBeforeMs` or later. Returns how many went. */
  removeUnused(options: {
    readonly isUsed: (digest: Digest) => boolean
    readonly putBeforeMs: number
  }): Promise<number>
}

/**
 * Opens the artifacts of a data directory for the one process that writes them: `<folder>/ab/<sha256>`. What an earlier
 * process left half-written is removed.
 *
 * @param clock milliseconds; decides how long `removeUnused` spares what was just put
 */
export function openArtifactStore(folder: string, clock: () => number = Date.now): CleanableArtifacts {
  try {
    rmSync(temporaryFolder(folder), { recursive: true, force: true })
    mkdirSync(temporaryFolder(folder), { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw storageFailure('open the artifacts', folder, cause)
  }
  return new FileArtifactStore(folder, clock)
}

/**
 * Reads an artifact and verifies it; for any process.
 *
 * @throws IsoletteError `data_damaged` naming the digest if it is missing or does not match
 */
export function readArtifact(folder: string, digest: Digest): Buffer {
  let bytes: Buffer
  try {
    bytes = readFileSync(artifactFile(folder, digest))
  } catch (cause) {
    throw damagedArtifact(digest, (cause as Error).message, cause)
  }
  const found = digestOf(bytes)
  if (found !== digest) throw damagedArtifact(digest, `its bytes have the digest ${found}`)
  return bytes
}

class FileArtifactStore implements CleanableArtifacts {
  readonly #folder: string
  readonly #clock: () => number
  /** What this process put or was to spare, and when: a deploy between its put and its transaction is referred to by nothing else. */
  readonly #putAtMs = new Map<Digest, number>()

  constructor(folder: string, clock: () => number) {
    this.#folder = folder
    this.#clock = clock
  }

  async put(bytes: Uint8Array): Promise<Digest> {
    const digest = digestOf(bytes)
    this.#putAtMs.set(digest, this.#clock())
    if (this.#isSound(digest)) return digest
    const temporary = join(temporaryFolder(this.#folder), randomUUID())
    try {
      await writeDurably(temporary, bytes)
      await this.#moveIn(temporary, digest)
    } catch (cause) {
      await rm(temporary, { force: true })
      throw storageFailure('store an artifact', this.#folder, cause)
    }
    return digest
  }

  async adopt(file: string): Promise<Digest> {
    try {
      const digest = await digestDurably(file)
      this.#putAtMs.set(digest, this.#clock())
      // Also if it is there already, unread: this one is known to be sound.
      await this.#moveIn(file, digest)
      return digest
    } catch (cause) {
      throw storageFailure('store an artifact', this.#folder, cause)
    }
  }

  spare(digests: Iterable<Digest>): void {
    for (const digest of digests) this.#putAtMs.set(digest, this.#clock())
  }

  async makeTemporaryFolder(): Promise<TemporaryFolder> {
    try {
      const path = await mkdtemp(join(temporaryFolder(this.#folder), 'adopt-'))
      return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
    } catch (cause) {
      throw storageFailure('store an artifact', this.#folder, cause)
    }
  }

  read(digest: Digest): Buffer {
    return readArtifact(this.#folder, digest)
  }

  async remove(digest: Digest): Promise<void> {
    this.#removeNow(digest)
  }

  async *list(): AsyncGenerator<Digest> {
    for (const prefix of await readdir(this.#folder)) {
      if (!/^[0-9a-f]{2}$/.test(prefix)) continue
      for (const name of await readdir(join(this.#folder, prefix))) {
        if (digestPattern.test(name)) yield name
      }
    }
  }

  async removeUnused(options: {
    readonly isUsed: (digest: Digest) => boolean
    readonly putBeforeMs: number
  }): Promise<number> {
    for (const [digest, atMs] of this.#putAtMs) {
      if (atMs < options.putBeforeMs) this.#putAtMs.delete(digest)
    }
    let removed = 0
    for await (const digest of this.list()) {
      // From here to the removal nothing is awaited: a put either is seen here, or finds the file gone and writes it.
      if (this.#putAtMs.has(digest) || options.isUsed(digest)) continue
      this.#removeNow(digest)
      removed += 1
    }
    return removed
  }

  async #moveIn(file: string, digest: Digest): Promise<void> {
    const folder = join(this.#folder, digest.slice(0, 2))
    if (mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined) syncFolder(this.#folder)
    await rename(file, artifactFile(this.#folder, digest))
    syncFolder(folder)
  }

  #removeNow(digest: Digest): void {
    rmSync(artifactFile(this.#folder, digest), { force: true })
  }

  #isSound(digest: Digest): boolean {
    if (!existsSync(artifactFile(this.#folder, digest))) return false
    try {
      readArtifact(this.#folder, digest)
      return true
    } catch {
      return false
    }
  }
}

async function writeDurably(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Reads a file to its end, piece by piece, and puts it on disk. Not through a link: it might lead anywhere. */
async function digestDurably(file: string): Promise<Digest> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    const hash = createHash('sha256')
    for await (const chunk of handle.createReadStream({ autoClose: false, highWaterMark: readBytes }))
      hash.update(chunk)
    await handle.sync()
    return hash.digest('hex')
  } finally {
    await handle.close()
  }
}

function digestOf(bytes: Uint8Array): Digest {
  return createHash('sha256').update(bytes).digest('hex')
}

function temporaryFolder(folder: string): string {
  return join(folder, 'tmp')
}

/** Where an artifact is or would be. @throws IsoletteError `data_damaged` for what is no digest */
export function artifactFile(folder: string, digest: Digest): string {
  // A digest becomes a path: it must not be able to name any other file.
  if (!digestPattern.test(digest)) throw damagedArtifact(digest.slice(0, 100), 'it is not a sha256')
  return join(folder, digest.slice(0, 2), digest)
}

/** For bytes that are not those of their digest. */
export function damagedArtifact(digest: Digest, problem: string, cause?: unknown): IsoletteError {
  return new IsoletteError('data_damaged', `Cannot read artifact ${digest}: ${problem}`, {
    details: { digest },
    cause,
  })
}
