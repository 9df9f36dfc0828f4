import { realpathSync, statSync } from 'node:fs'
import { IsoletteError } from '../../model/errors.ts'
import type { LayerIndex } from '../../model/layer.ts'
import { badLayer, show } from './bad-layer.ts'
import { readFolder } from './folder-reading.ts'
import { type LayerConfig, layerConfigFile, maxLayerConfigBytes, parseLayerConfig } from './layer-config.ts'
import { LayerPackWriter } from './layer-pack-writer.ts'
import { decodeText } from './layer-paths.ts'
import type { LayerSource, SourceFile } from './layer-source.ts'
import { readZip } from './zip-reading.ts'

export interface PackRequest {
  /** Absolute path of a zip or a folder. */
  readonly path: string
  /** Where the pack is written; the caller's, and on the same file system as the artifacts. */
  readonly temporaryFolder: string
}

export interface PackedLayer {
  readonly index: LayerIndex
  /** A new file in the temporary folder: the caller's to move or to remove. */
  readonly packFile: string
  readonly unpackedBytes: number
  /** What was left out, or will not be found, for people. */
  readonly warnings: readonly string[]
}

/**
 * Reads a zip or a folder and writes the bytes of its files into one file. Hostile input ends in a refusal that names what
 * is wrong, and leaves nothing behind. Holds the thread for as long as it takes: for processes that do nothing else.
 *
 * @throws IsoletteError `bad_layer`; `bad_configuration` for its `layer.jsonc`; `bad_request` if there is nothing at the
 * path; `storage_full`
 */
export async function packLayer({ path, temporaryFolder }: PackRequest): Promise<PackedLayer> {
  using source = await openSource(path)
  if (source.files.length === 0) throw badLayer(path, 'no files in it, must be at least one')
  const writer = new LayerPackWriter(temporaryFolder)
  try {
    const config = await readConfig(path, source.files)
    for (const file of source.files) await writer.add(file.path, file.read())
    const pack = writer.finish()
    return {
      index: { pack, files: writer.files, preload: config.preload },
      packFile: writer.file,
      unpackedBytes: writer.bytes,
      warnings: [...source.warnings, ...misplacedPackages(source.files)],
    }
  } catch (error) {
    writer.discard()
    throw error
  }
}

/** Packages where nobody looks for them: the folder of the vendors' layers is easily forgotten. */
function misplacedPackages(files: readonly SourceFile[]): string[] {
  const has = (folder: string) => files.some(({ path }) => path.startsWith(`${folder}/`))
  if (!has('node_modules') || has('nodejs/node_modules')) return []
  return ['Packages in node_modules are not found by imports: must be in nodejs/node_modules']
}

async function openSource(path: string): Promise<LayerSource> {
  const kind = statSync(path, { throwIfNoEntry: false })
  if (kind?.isDirectory()) return readFolder(realpathSync(path))
  if (kind?.isFile()) return readZip(path)
  const problem = kind ? 'neither a zip nor a folder, must be one' : 'no such zip or folder'
  throw new IsoletteError('bad_request', `Cannot read layer ${show(path)}: ${problem}`)
}

async function readConfig(layer: string, files: readonly SourceFile[]): Promise<LayerConfig> {
  const file = files.find(({ path }) => path === layerConfigFile)
  if (file === undefined) return { preload: null }
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of file.read()) {
    bytes += chunk.length
    if (bytes > maxLayerConfigBytes) {
      throw badLayer(layer, `over ${maxLayerConfigBytes} bytes, must be at most as many`, layerConfigFile)
    }
    chunks.push(chunk)
  }
  const text = decodeText(Buffer.concat(chunks))
  if (text === null) throw badLayer(layer, 'no text, must be UTF-8', layerConfigFile)
  return parseLayerConfig(text)
}
