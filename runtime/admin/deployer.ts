import { isDeepStrictEqual } from 'node:util'
import { routesOf } from '../model/route.ts'
import type { LayerSet, VersionManifest } from '../model/version.ts'
import { computeVersionId } from '../model/version-id.ts'
import type { Build, Builder, BuiltLayerSet } from '../registry/builder/build.ts'
import type { ArtifactStore, Registry, Upload } from '../registry/registry.ts'
import type { Changes } from './changes.ts'
import { missingReferences } from './missing-references.ts'
import type { DeploymentAnswer } from './protocol.ts'

export interface DeploymentRequest {
  /** Absolute: a folder with `function.jsonc`, or a single file. */
  readonly path: string
  readonly name: string | null
  readonly publish: boolean
  /** Moves `live` even while it is split. */
  readonly force: boolean
  /** Leaves a function alone whose `$LATEST`, settings and routes are these already, wherever its aliases point. */
  readonly ifChanged: boolean
}

/** Takes a function from its source to the workers: build, store the artifacts, change the registry. */
export class Deployer {
  readonly #builder: Builder
  readonly #artifacts: ArtifactStore
  readonly #registry: Registry
  readonly #changes: Changes
  /** By path. Two builds of one path must not overtake each other, or the older source would end up deployed. */
  readonly #building = new Map<string, Promise<unknown>>()

  constructor(parts: {
    readonly builder: Builder
    readonly artifacts: ArtifactStore
    readonly registry: Registry
    readonly changes: Changes
  }) {
    this.#builder = parts.builder
    this.#artifacts = parts.artifacts
    this.#registry = parts.registry
    this.#changes = parts.changes
  }

  /** @throws IsoletteError what `Builder.build` and `Registry.deploy` throw; then nothing has changed */
  async deploy(request: DeploymentRequest): Promise<DeploymentAnswer> {
    const build = await this.#build(request)
    const changed = await this.#changes.run(async () => {
      const upload = await this.#store(build)
      if (request.ifChanged && this.#isDeployed(upload)) {
        return { value: { upload, version: null, unchanged: true }, delta: null }
      }
      const change = await this.#registry.deploy(upload, { publish: request.publish, force: request.force })
      const { version, unchanged } = change.value
      return { value: { upload, version, unchanged }, delta: change.delta }
    })
    const { upload, version, unchanged } = changed.value
    return {
      function: upload.name,
      versionId: upload.manifest.versionId,
      version,
      unchanged,
      routes: routesOf(upload.name, upload.routes),
      warnings: [...build.warnings, ...missingReferences(upload, this.#registry)],
      workers: changed.workers,
    }
  }

  async #build({ path, name }: DeploymentRequest): Promise<Build> {
    const earlier = this.#building.get(path) ?? Promise.resolve()
    const building = earlier.then(() => this.#builder.build({ path, name }))
    const settled = building.catch(() => {})
    this.#building.set(path, settled)
    try {
      return await building
    } finally {
      if (this.#building.get(path) === settled) this.#building.delete(path)
    }
  }

  async #store(build: Build): Promise<Upload> {
    const bundle = await this.#artifacts.put(build.bundle)
    const sourceMap = await this.#artifacts.put(build.sourceMap)
    const layerSet = build.layerSet === null ? {} : { layerSet: await this.#storeLayerSet(build.layerSet) }
    const { handlerKind, limits, unsafe, env, layers } = build
    const bindings = Object.keys(build.bindings).length === 0 ? {} : { bindings: build.bindings }
    const frozen = { bundle, handlerKind, limits, unsafe, env, layers, ...layerSet, ...bindings }
    const manifest: VersionManifest = {
      versionId: computeVersionId(frozen),
      bundleBytes: build.bundle.byteLength,
      sourceMap,
      ...frozen,
    }
    return { name: build.name, settings: build.settings, routes: build.routes, manifest }
  }

  async #storeLayerSet({ script, sourceMap, ...rest }: BuiltLayerSet): Promise<LayerSet> {
    return {
      ...rest,
      bundle: script && (await this.#artifacts.put(script)),
      sourceMap: sourceMap && (await this.#artifacts.put(sourceMap)),
    }
  }

  #isDeployed(upload: Upload): boolean {
    const record = this.#registry.getFunction(upload.name)
    return (
      record !== null &&
      record.latest === upload.manifest.versionId &&
      isDeepStrictEqual(record.settings, upload.settings) &&
      isDeepStrictEqual(record.routes, upload.routes)
    )
  }
}
