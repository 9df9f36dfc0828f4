import { IsoletteError } from './errors.ts'
import { isName } from './name.ts'
import type { Digest } from './version.ts'

/** Where a function sees the files of its layers. */
export const layerRoot = '/opt'

/** A published layer, as functions list it: `lodash:1`. */
export interface LayerReference {
  readonly name: string
  /** From 1; never used again. */
  readonly version: number
}

/** A file of a layer, and where its bytes stand in the layer's pack. */
export interface LayerFile {
  /** Relative to `/opt`, with `/` between its parts: `nodejs/node_modules/lodash/lodash.js`. */
  readonly path: string
  readonly offset: number
  readonly bytes: number
  /** sha256, in hexadecimal. */
  readonly digest: Digest
}

/**
 * What a layer holds: an artifact of its own, as JSON. The same files give the same index, however they were zipped, so
 * its digest is the layer's identity.
 */
export interface LayerIndex {
  /** The artifact that holds the bytes of all files, one after the other, in the order of `files`. */
  readonly pack: Digest
  /** In order of their paths (by UTF-16 unit). */
  readonly files: readonly LayerFile[]
  /** Modules that the layer wants evaluated in waiting isolates, as imports name them; null = those that functions import. */
  readonly preload: readonly string[] | null
}

/** One immutable version of a layer, as the registry keeps it. */
export interface LayerVersion extends LayerReference {
  readonly index: Digest
  readonly pack: Digest
  readonly fileCount: number
  /** Of all files together. */
  readonly unpackedBytes: number
  readonly publishedAtMs: number
}

/** What a reference means: `lodash:1` by content. */
export interface ResolvedLayer {
  readonly reference: string
  readonly index: Digest
  readonly pack: Digest
}

const referenceForm = /^([^:]*):([1-9][0-9]{0,8})$/

/** Whether `parseLayerReference` takes it. */
export function isLayerReference(text: string): boolean {
  return isName(referenceForm.exec(text)?.[1] ?? '')
}

/** @throws IsoletteError `bad_name` */
export function parseLayerReference(text: string): LayerReference {
  const [, name = '', number = ''] = referenceForm.exec(text) ?? []
  if (!isName(name)) {
    const shown = JSON.stringify(text.slice(0, 100))
    throw new IsoletteError(
      'bad_name',
      `Cannot use layer ${shown}: must be a name and a version, like "lodash:1"`,
    )
  }
  return { name, version: Number(number) }
}

export function formatLayerReference({ name, version }: LayerReference): string {
  return `${name}:${version}`
}
