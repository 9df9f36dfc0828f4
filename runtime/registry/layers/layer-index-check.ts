import { setImmediate as nextTurn } from 'node:timers/promises'
import { IsoletteError } from '../../model/errors.ts'
import type { LayerFile, LayerIndex } from '../../model/layer.ts'
import { fixedLimits } from '../../model/limits.ts'
import { LayerPaths } from './layer-paths.ts'

const { maxLayerBytes, maxLayerEntries } = fixedLimits
/** Of which checking takes some ms: whoever waits for this thread meanwhile is not kept waiting longer. */
const filesATurn = 1000
const digestPattern = /^[0-9a-f]{64}$/

/**
 * Checks that an index is one that `packLayer` could have made, whoever sent it: a process that read hostile bytes may say
 * anything, and paths of the index become paths of files.
 *
 * @throws IsoletteError `bad_layer`
 */
export async function checkLayerIndex({ pack, files, preload }: LayerIndex): Promise<void> {
  if (!isDigest(pack)) throw badIndex('its pack is no sha256')
  if (!Array.isArray(files) || files.length === 0 || files.length > maxLayerEntries) {
    throw badIndex(`its files are no list of 1 to ${maxLayerEntries}`)
  }
  await checkFiles(files)
  if (preload !== null && !isListOfTexts(preload))
    throw badIndex('its modules to preload are no list of texts')
}

async function checkFiles(files: readonly LayerFile[]): Promise<void> {
  const paths = new LayerPaths('index')
  let last = ''
  let end = 0
  for (const [at, { path, offset, bytes, digest }] of files.entries()) {
    if (at % filesATurn === filesATurn - 1) await nextTurn()
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
