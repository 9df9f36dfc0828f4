import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { type AsyncSettings, type Trigger, usualAsync } from '../../runtime/model/async-settings.ts'
import { usualPool } from '../../runtime/model/function.ts'
import { limitBounds } from '../../runtime/model/limits.ts'
import type { Build, Builder, BuildRequest, BuiltLayerSet } from '../../runtime/registry/builder/build.ts'
import type { PackedLayer, PackRequest } from '../../runtime/registry/layers/pack-layer.ts'
import type { ArtifactStore, TemporaryFolder } from '../../runtime/registry/registry.ts'

/** Builds whatever `code` says at the moment, under the name of the path. */
export class StubBuilder implements Builder {
  code = 'one'
  layerSet: BuiltLayerSet | null = null
  async: AsyncSettings = usualAsync
  triggers: readonly Trigger[] = []
  bindings: Readonly<Record<string, string>> = {}
  readonly requests: BuildRequest[] = []
  /** What the next layer holds, by path. */
  layerFiles: Readonly<Record<string, string>> = { 'nodejs/node_modules/lodash/lodash.js': 'four' }
  readonly layerRequests: PackRequest[] = []
  layerPreload: readonly string[] | null = null
  /** What is said of published layers. */
  check: (reference: string) => readonly string[] = () => []
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
        async: this.async,
        triggers: this.triggers,
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
      bindings: this.bindings,
      layers: this.layerSet === null ? [] : ['lodash:1'],
      layerSet: this.layerSet,
      handlerKind: 'fetch',
      bundle: Buffer.from(this.code),
      sourceMap: Buffer.from('{}'),
      warnings: [],
    }
  }

  async packLayer(request: PackRequest): Promise<PackedLayer> {
    this.layerRequests.push(request)
    await this.gate()
    return packStub(request, this.layerFiles, this.layerPreload)
  }

  async checkLayer(reference: string): Promise<readonly string[]> {
    return this.check(reference)
  }

  async close(): Promise<void> {}
}

/** As `packLayer` does it, with the files given. */
function packStub(
  { temporaryFolder }: PackRequest,
  content: Readonly<Record<string, string>>,
  preload: readonly string[] | null,
): PackedLayer {
  const paths = Object.keys(content).sort()
  const packFile = join(temporaryFolder, 'pack')
  const pack = paths.map((path) => content[path]!).join('')
  writeFileSync(packFile, pack)
  let offset = 0
  const files = paths.map((path) => {
    const bytes = Buffer.byteLength(content[path]!)
    const file = { path, offset, bytes, digest: sha256(content[path]!) }
    offset += bytes
    return file
  })
  return {
    index: { pack: sha256(pack), files, preload },
    packFile,
    unpackedBytes: offset,
    warnings: [],
  }
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

export class MemoryArtifacts implements ArtifactStore {
  readonly #files = new Map<string, Buffer>()
  /** Made and not disposed yet. */
  readonly temporaryFolders = new Set<string>()

  async put(bytes: Uint8Array): Promise<string> {
    const digest = sha256(bytes)
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
