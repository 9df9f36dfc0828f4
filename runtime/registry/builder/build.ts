import type { FunctionSettings } from '../../model/function.ts'
import type { Limits } from '../../model/limits.ts'
import type { RoutePattern } from '../../model/route.ts'
import type { Digest, HandlerKind, UnsafeFeatures } from '../../model/version.ts'
import type { PackedLayer, PackRequest } from '../layers/pack-layer.ts'

/** What to build: a folder with `function.jsonc`, or a single file. */
export interface BuildRequest {
  /** Absolute. */
  readonly path: string
  /** Overrides the configured name, or the file's own. */
  readonly name: string | null
}

/** A function ready to be uploaded: bundled, and checked in a throw-away isolate. */
export interface Build {
  readonly name: string
  readonly settings: FunctionSettings
  readonly routes: readonly RoutePattern[]
  readonly limits: Limits
  readonly unsafe: UnsafeFeatures
  readonly env: Readonly<Record<string, string>>
  /** Functions that it may enqueue calls for, by their name in `env`. */
  readonly bindings: Readonly<Record<string, string>>
  readonly layers: readonly string[]
  /** What these layers are; null without any. */
  readonly layerSet: BuiltLayerSet | null
  readonly handlerKind: HandlerKind
  /** A script whose completion value is the module's exports. */
  readonly bundle: Uint8Array
  readonly sourceMap: Uint8Array
  readonly warnings: readonly string[]
}

/** The layers of a build by content, in their order, and what it imports from them. */
export interface BuiltLayerSet {
  readonly indexes: readonly Digest[]
  readonly packs: readonly Digest[]
  /** The script of the modules that are imported from them; null = of none, and so is its source map. */
  readonly script: Uint8Array | null
  readonly sourceMap: Uint8Array | null
  readonly isPreloaded: boolean
  readonly readsFiles?: true
}

/** Builds functions and packs layers, in a process of its own. */
export interface Builder {
  /**
   * @throws IsoletteError `build_failed` with `details.problems: [{ file, line, column, message }]` in the author's files;
   * `bad_configuration` with the path of the key; `bad_name`
   */
  build(request: BuildRequest): Promise<Build>
  /** What it writes into the temporary folder, also when it fails, is the caller's to remove.
   * @throws IsoletteError what `packLayer` throws; `bad_layer` too if it takes too long or ends the process that reads */
  packLayer(request: PackRequest): Promise<PackedLayer>
  /**
   * Has what a published layer says is to be preloaded evaluated, alone.
   *
   * @returns warnings for the layer's maker, about code that throws, takes too long or ends the process as well
   * @throws IsoletteError `layer_not_found`, `data_damaged`, `storage_full`, `unavailable`, `internal_error`; `bad_layer` if
   * it takes too long to lay out or to bundle
   */
  checkLayer(reference: string): Promise<readonly string[]>
  close(): Promise<void>
}
