import { dirname } from 'node:path'
import { IsoletteError } from '../model/errors.ts'
import { formatLayerReference, type LayerVersion } from '../model/layer.ts'
import { checkName } from '../model/name.ts'
import type { Builder } from '../registry/builder/build.ts'
import { encodeLayerIndex } from '../registry/layers/read-layer-index.ts'
import type { ArtifactStore, Registry } from '../registry/registry.ts'

export interface PublishedLayer {
  readonly layer: LayerVersion
  /** The content is that of a version that was there before. */
  readonly unchanged: boolean
  readonly warnings: readonly string[]
}

/**
 * Takes a layer from a zip or a folder to a number: pack, store the artifacts, change the registry. What it wants to be
 * preloaded is then tried, and warned of if it cannot be.
 *
 * @param request.path absolute
 * @throws IsoletteError what `Builder.packLayer` and `Registry.publishLayer` throw; then nothing has changed
 */
export async function publishLayer(
  { builder, artifacts, registry }: LayerPublisherParts,
  request: { readonly name: string; readonly path: string },
): Promise<PublishedLayer> {
  const name = checkName('layer', request.name)
  await using temporary = await artifacts.makeTemporaryFolder()
  const packed = await builder.packLayer({ path: request.path, temporaryFolder: temporary.path })
  const { files } = packed.index
  // The process that answered has read hostile bytes: this refuses an index that cannot be, the next lines another file.
  const index = await encodeLayerIndex(packed.index)
  if (dirname(packed.packFile) !== temporary.path) throw badAnswer(request.path)
  const pack = await artifacts.adopt(packed.packFile)
  if (pack !== packed.index.pack) throw badAnswer(request.path)
  const { unchanged, ...layer } = await registry.publishLayer({
    name,
    index: await artifacts.put(index),
    pack,
    fileCount: files.length,
    unpackedBytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
  })
  const isAsked = packed.index.preload !== null && packed.index.preload.length > 0
  const warnings = isAsked ? await checkPublished(builder, formatLayerReference(layer)) : []
  return { layer, unchanged, warnings: [...packed.warnings, ...warnings] }
}

/** The layer is published: what may be wrong with it is no refusal any more. */
async function checkPublished(builder: Builder, reference: string): Promise<readonly string[]> {
  try {
    return await builder.checkLayer(reference)
  } catch (error) {
    if (error instanceof IsoletteError) return [error.message]
    throw error
  }
}

export interface LayerPublisherParts {
  readonly builder: Builder
  readonly artifacts: ArtifactStore
  readonly registry: Registry
}

function badAnswer(path: string): IsoletteError {
  return new IsoletteError(
    'internal_error',
    `Cannot publish the layer at ${JSON.stringify(path)}: the builder wrote another file than it said`,
  )
}
