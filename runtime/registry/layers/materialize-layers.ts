import { hash, randomUUID } from 'node:crypto'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { IsoletteError } from '../../model/errors.ts'
import type { ResolvedLayer } from '../../model/layer.ts'
import { fixedLimits } from '../../model/limits.ts'
import { type MergedLayers, mergeLayers } from '../../model/merged-layers.ts'
import { storageFailure } from '../../storage/storage-failure.ts'
import { isLaidOut, layOut } from './laid-out-layers.ts'
import { readLayerIndex } from './read-layer-index.ts'

export interface LayerFolders {
  /** The folder of the artifacts. */
  readonly artifacts: string
  /** Where folders are made and kept; several processes may share it. */
  readonly cache: string
}

/** Builds are over long before. */
const keptMs = 3_600_000

/** What is found in the way can be replaced by others before it is moved. */
const maxAttempts = 5

/**
 * Makes the merged files of layers a real folder, which stands for `/opt`, or finds one that was made before and is still
 * what it was: all of it is read. It is to be read only, and for an hour: later it may go, when another is made.
 *
 * Holds the thread for as long as it takes: for processes that do nothing else.
 *
 * @param clock milliseconds
 * @returns its path, in `folders.cache`
 * @throws IsoletteError `data_damaged` if an index or a pack is; `bad_layer` if together they are too large; `storage_full`
 */
export async function materializeLayers(
  layers: readonly ResolvedLayer[],
  folders: LayerFolders,
  clock: () => number = Date.now,
): Promise<string> {
  const { artifacts, cache } = folders
  const merged = mergeLayers(
    layers.map(({ reference, index }) => ({ reference, index: readLayerIndex(artifacts, index) })),
  )
  checkSize(merged)
  const root = join(cache, 'layers')
  const folder = join(root, hash('sha256', layers.map(({ index }) => index).join('\n')))
  try {
    mkdirSync(root, { recursive: true, mode: 0o700 })
    endPackagesAbove(cache)
    if (!isLaidOut(folder, merged)) {
      removeOld(root, clock() - keptMs)
      replace(folder, merged, artifacts)
    }
    utimesSync(folder, new Date(clock()), new Date(clock()))
    return folder
  } catch (cause) {
    throw storageFailure('lay out layers', root, cause)
  }
}

/** A `package.json` of the project that the data lies in would say which of the layers' files are ES modules. */
function endPackagesAbove(cache: string): void {
  const file = join(cache, 'package.json')
  if (!existsSync(file)) writeFileSync(file, '{}')
}

function checkSize(merged: MergedLayers): void {
  const { maxLayerBytes, maxLayerEntries } = fixedLimits
  // Also those that others replace: all lists are read before it is known which.
  const files = merged.layers.reduce((sum, { index }) => sum + index.files.length, 0)
  if (files > maxLayerEntries) throw tooLarge(merged, `${files} files, must be at most ${maxLayerEntries}`)
  const bytes = merged.files().reduce((sum, { file }) => sum + file.bytes, 0)
  if (bytes > maxLayerBytes) throw tooLarge(merged, `${bytes} bytes, must be at most ${maxLayerBytes}`)
}

function tooLarge({ layers }: MergedLayers, problem: string): IsoletteError {
  const named = layers.map(({ reference }) => reference).join(', ')
  return new IsoletteError('bad_layer', `Cannot use layers ${named} together: ${problem}`)
}

/** A folder has its name only when it is whole, so one that a process died over is never found. */
function replace(folder: string, merged: MergedLayers, artifacts: string): void {
  const made = `${folder}-${randomUUID()}`
  try {
    layOut(made, merged, artifacts)
    for (let attempt = 1; !isMoved(made, folder); attempt++) {
      if (isLaidOut(folder, merged)) return
      if (attempt === maxAttempts) throw new Error(`${folder} is in the way`)
      moveAway(folder)
    }
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
}

/** False if something is there already. */
function isMoved(made: string, folder: string): boolean {
  try {
    renameSync(made, folder)
    return true
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(String((error as { code?: unknown }).code))) return false
    throw error
  }
}

function moveAway(folder: string): void {
  const away = `${folder}-${randomUUID()}`
  try {
    renameSync(folder, away)
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ENOENT') throw error
  }
  rmSync(away, { recursive: true, force: true })
}

function removeOld(root: string, beforeMs: number): void {
  for (const name of readdirSync(root)) {
    const path = join(root, name)
    const { mtimeMs = Number.POSITIVE_INFINITY } = lstatSync(path, { throwIfNoEntry: false }) ?? {}
    if (mtimeMs >= beforeMs) continue
    try {
      rmSync(path, { recursive: true, force: true })
    } catch {
      // Others clean as well; what stays goes another time.
    }
  }
}
