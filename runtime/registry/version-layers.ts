import { LRUCache } from 'lru-cache'
import type { CodeCache } from '../isolate/code-cache.ts'
import type { LayerCodeCache } from '../isolate/layers/layer-code-cache.ts'
import { CompiledLayerScript, type LayerAccess, type PreloadReport } from '../isolate/layers/layer-script.ts'
import type { Digest, LayerSet, VersionManifest } from '../model/version.ts'
import { LayerTrees } from './layers/layer-trees.ts'
import { readArtifact } from './store/artifact-store.ts'

/** Text of layer scripts, all together, in UTF-16 units. */
const maxLength = 32 * 1024 * 1024
const maxScripts = 1000

interface CompiledScript {
  readonly source: string
  readonly codeCache: CodeCache | null
}

/** What versions have of their layers, as one process uses it. */
export class VersionLayers {
  readonly #artifacts: string
  readonly #codeCache: LayerCodeCache
  readonly #onPreloaded: (report: PreloadReport, manifest: VersionManifest) => void
  readonly #trees: LayerTrees
  readonly #compiled = new LRUCache<Digest, CompiledScript>({
    maxSize: maxLength,
    sizeCalculation: ({ source }) => source.length + 1,
  })
  readonly #scripts = new LRUCache<string, CompiledLayerScript>({ max: maxScripts })
  #quarantined: ReadonlySet<string> = new Set()

  constructor(options: {
    /** The folder of the artifacts. */
    readonly artifacts: string
    readonly codeCache: LayerCodeCache
    /** A waiting isolate has evaluated a version's layers for the first time in this process, or could not. */
    readonly onPreloaded: (report: PreloadReport, manifest: VersionManifest) => void
  }) {
    this.#artifacts = options.artifacts
    this.#codeCache = options.codeCache
    this.#onPreloaded = options.onPreloaded
    this.#trees = new LayerTrees(options.artifacts)
  }

  /**
   * Null = the version has no layers. The first call for a layer script compiles it, and reads the list of the files if the
   * version's code may ask for them.
   *
   * @throws IsoletteError `data_damaged`
   */
  of(manifest: VersionManifest): LayerAccess | null {
    const { layerSet } = manifest
    if (layerSet === undefined) return null
    // For 100 000 files 100 ms, more than a request may take: here it is charged to nobody.
    if (layerSet.readsFiles) this.#trees.load(layerSet.indexes)
    const script = this.#scriptOf(manifest, layerSet)
    if (script === null) return { script, isPreloaded: false, files: this.#trees.filesOf(layerSet) }
    const isPreloaded =
      layerSet.isPreloaded &&
      // A waiting isolate does not have it, and modules may ask for it.
      manifest.unsafe?.wasm !== true &&
      script.failure === null &&
      !this.#quarantined.has(script.digest)
    return { script, isPreloaded, files: script.files }
  }

  /** Ids of what brought processes down (see `InstanceContext.onEntering`). Layers among them are not preloaded. */
  setQuarantine(ids: readonly string[]): void {
    this.#quarantined = new Set(ids)
  }

  close(): void {
    this.#trees.close()
  }

  #scriptOf(manifest: VersionManifest, { bundle, indexes, packs }: LayerSet): CompiledLayerScript | null {
    if (bundle === null) return null
    // With the files: modules may read them, and an isolate that read those of one layer must not serve another.
    const key = [bundle, ...indexes].join(',')
    let script = this.#scripts.get(key)
    if (script === undefined) {
      script = new CompiledLayerScript({
        key,
        digest: bundle,
        files: this.#trees.filesOf({ indexes, packs }),
        onFirstPreload: (report) => this.#onPreloaded(report, manifest),
        ...this.#compile(bundle),
      })
      this.#scripts.set(key, script)
    }
    return script
  }

  #compile(digest: Digest): CompiledScript {
    let compiled = this.#compiled.get(digest)
    if (compiled === undefined) {
      const source = readArtifact(this.#artifacts, digest).toString('utf8')
      compiled = { source, codeCache: this.#codeCache.codeOf(digest, source) }
      this.#compiled.set(digest, compiled)
    }
    return compiled
  }
}
