import { IsoletteError } from '../../model/errors.ts'
import type { LayerFile, LayerIndex } from '../../model/layer.ts'
import { fixedLimits } from '../../model/limits.ts'
import { LayerPaths } from './layer-paths.ts'

const { maxLayerBytes, maxLayerEntries } = fixedLimits
const digestPattern = /^[0-9a-f]{64}$/

/**
 * Checks that an index is one that `packLayer` could have made, whoever sent it: a process that read hostile bytes may say
 * anything, and paths of the index become paths of files.
 *
 * @throws IsoletteError `bad_layer`
 */
export function checkLayerIndex({ pack, files, preload }: LayerIndex): void {
  if (!isDigest(pack)) throw badIndex('its pack is no sha256')
  if (!Array.isArray(files) || files.length === 0 || files.length > maxLayerEntries) {
    throw badIndex(`its files are no list of 1 to ${maxLayerEntries}`)
  }
  checkFiles(files)
  if (preload !== null && !isListOfTexts(preload))
    throw badIndex('its modules to preload are no list of texts')
}

function checkFiles(files: readonly LayerFile[]): void {
  const paths = new LayerPaths('index')
  let last = ''
  let end = 0
  for (const { path, offset, bytes, digest } of files) {
    if (typeof path !== 'string' || path <= last) throw badIndex('its files are not in order of their paths')
    paths.check(path)
    paths.addFile(path)
    if (offset !== end || !Number.isSafeInteger(bytes) || bytes < 0 || !isDigest(digest)) {
      throw badIndex(`it does not say where ${JSON.stringify(path)} stands`)
    }
    last = path
    end += bytes
  }
  if (end > maxLayerBytes) throw badIndex(`its files have ${end} bytes, must be at most ${maxLayerBytes}`)
}

function isDigest(value: unknown): boolean {
  return typeof value === 'string' && digestPattern.test(value)
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

function badIndex(problem: string): IsoletteError {
  return new IsoletteError(
    'bad_layer',
    `Cannot use the index of a layer: ${problem}, must be as it was packed`,
  )
}
