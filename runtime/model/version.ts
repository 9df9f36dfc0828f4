import type { Limits } from './limits.ts'

/** sha256, in hexadecimal, of everything that is frozen into a version. */
export type VersionId = string

/** sha256, in hexadecimal, of an artifact's bytes. */
export type Digest = string

/** Which export answers. If a module exports both, `fetch` wins; `scheduled` is there alone, and only triggers call it. */
export type HandlerKind = 'fetch' | 'handler' | 'scheduled'

/** What a version was allowed although no limit holds for it. */
export interface UnsafeFeatures {
  /** WebAssembly: its memory does not count as the instance's. */
  readonly wasm: boolean
}

/**
 * Immutable: code, layers, limits and env of one version. Two publishes of the same content are the same manifest,
 * whatever function numbers it carries.
 */
export interface VersionManifest {
  readonly versionId: VersionId
  /** A script whose completion value is the module's exports. */
  readonly bundle: Digest
  readonly bundleBytes: number
  /** JSON source map (version 3) of the bundle. */
  readonly sourceMap: Digest
  readonly handlerKind: HandlerKind
  readonly limits: Limits
  /** Absent: nothing. */
  readonly unsafe?: UnsafeFeatures
  readonly env: Readonly<Record<string, string>>
  /** Functions that it may enqueue calls for, as `name` or `name:qualifier`, by their name in `env`. Absent: none. */
  readonly bindings?: Readonly<Record<string, string>>
  /** `name:number`, in order; a later one overrides files of an earlier one. */
  readonly layers: readonly string[]
  /** What these layers are; absent without layers. */
  readonly layerSet?: LayerSet
}

/** The layers of a version by content: they stay what they were, whatever becomes of their names. */
export interface LayerSet {
  /** The index (see `LayerIndex`) of each layer, in the order of `layers`. */
  readonly indexes: readonly Digest[]
  /** Their packs, in the same order. */
  readonly packs: readonly Digest[]
  /** The script of the modules that the version imports from them (see `isolate/layer-script.ts`); null = of none. */
  readonly bundle: Digest | null
  /** JSON source map of that script; null without one. */
  readonly sourceMap: Digest | null
  /** Whether waiting isolates evaluate these modules before a function arrives; else it is done when one is loaded. */
  readonly isPreloaded: boolean
  /** Whether any of its code imports `isolette:layers`. No part of the version's id, as the code is. */
  readonly readsFiles?: true
}

/** A version number, counted from 1 within its function, or `$LATEST` for what was uploaded last. */
export type VersionLabel = number | '$LATEST'
