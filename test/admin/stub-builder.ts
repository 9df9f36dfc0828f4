import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { usualPool } from '../../runtime/model/function.ts'
import { limitBounds } from '../../runtime/model/limits.ts'
import type { Build, Builder, BuildRequest } from '../../runtime/registry/build.ts'
import type { ArtifactStore, TemporaryFolder } from '../../runtime/registry/registry.ts'

/** Builds whatever `code` says at the moment, under the name of the path. */
export class StubBuilder implements Builder {
  code = 'one'
  readonly requests: BuildRequest[] = []
  /** Awaited by a build before it reads `code`. */
  gate: () => Promise<void> = async () => {}

  async build(request: BuildRequest): Promise<Build> {
    this.requests.push(request)
    await this.gate()
    const name = request.name ?? basename(request.path).replace(/\.[a-z]+$/, '')
    return {
      name,
      settings: {
        versionHeader: false,
        exposeErrors: false,
        pool: usualPool,
        egress: { allow: [], deny: [] },
      },
      routes: [{ host: null, method: null, path: `/${name}`, qualifier: null }],
      unsafe: { wasm: false },
      limits: {
        cpuMs: limitBounds.cpuMs.default,
        timeoutMs: limitBounds.timeoutMs.default,
        streamIdleMs: limitBounds.streamIdleMs.default,
        memoryMiB: limitBounds.memoryMiB.default,
        maxRequestBodyBytes: limitBounds.maxRequestBodyBytes.default,
        subrequests: limitBounds.subrequests.default,
      },
      env: { TOKEN: 'hush' },
      layers: [],
      handlerKind: 'fetch',
      bundle: Buffer.from(this.code),
      sourceMap: Buffer.from('{}'),
      warnings: [],
    }
  }

  async close(): Promise<void> {}
}

export class MemoryArtifacts implements ArtifactStore {
  readonly #files = new Map<string, Buffer>()
  /** Made and not disposed yet. */
  readonly temporaryFolders = new Set<string>()

  async put(bytes: Uint8Array): Promise<string> {
    const digest = createHash('sha256').update(bytes).digest('hex')
    this.#files.set(digest, Buffer.from(bytes))
    return digest
  }

  async adopt(file: string): Promise<string> {
    const digest = await this.put(readFileSync(file))
    rmSync(file)
    return digest
  }

  async makeTemporaryFolder(): Promise<TemporaryFolder> {
    const path = mkdtempSync(join(tmpdir(), 'isolette-adopt-'))
    this.temporaryFolders.add(path)
    return {
      path,
      [Symbol.asyncDispose]: async () => {
        rmSync(path, { recursive: true, force: true })
        this.temporaryFolders.delete(path)
      },
    }
  }

  read(digest: string): Buffer {
    return this.#files.get(digest)!
  }

  async remove(digest: string): Promise<void> {
    this.#files.delete(digest)
  }

  async *list(): AsyncIterable<string> {
    yield* this.#files.keys()
  }
}
