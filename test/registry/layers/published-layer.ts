import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import type { ResolvedLayer } from '../../../runtime/model/layer.ts'
import { packLayer } from '../../../runtime/registry/layers/pack-layer.ts'
import { encodeLayerIndex } from '../../../runtime/registry/layers/read-layer-index.ts'
import { openArtifactStore } from '../../../runtime/registry/store/artifact-store.ts'

/** Packs a zip or a folder, and puts index and pack among the artifacts, without a registry. */
export async function publishLayer(
  reference: string,
  path: string,
  artifacts: string,
): Promise<ResolvedLayer> {
  const store = openArtifactStore(artifacts)
  const packed = await packLayer({ path, temporaryFolder: artifacts })
  const { pack } = packed.index
  mkdirSync(join(artifacts, pack.slice(0, 2)), { recursive: true })
  renameSync(packed.packFile, join(artifacts, pack.slice(0, 2), pack))
  return { reference, index: await store.put(await encodeLayerIndex(packed.index)), pack }
}
