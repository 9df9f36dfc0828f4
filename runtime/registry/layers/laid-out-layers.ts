import { hash } from 'node:crypto'
import { type Dirent, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { LayerFile } from '../../model/layer.ts'
import type { MergedLayers } from '../../model/merged-layers.ts'
import { openLayerPack } from './layer-pack.ts'

/**
 * Writes merged layers as a new folder.
 *
 * @param artifacts the folder of the artifacts
 * @throws IsoletteError `data_damaged` if a pack is; Error of the file system
 */
export function layOut(folder: string, merged: MergedLayers, artifacts: string): void {
  using opened = new DisposableStack()
  const packs = merged.layers.map(({ index }) => opened.use(openLayerPack(artifacts, index.pack)))
  const made = new Set<string>()
  for (const { file, layer } of merged.files()) {
    const path = join(folder, file.path)
    const parent = dirname(path)
    if (!made.has(parent)) mkdirSync(parent, { recursive: true, mode: 0o700 })
    made.add(parent)
    // Where names differ only in case and the file system does not, this fails, as it should.
    writeFileSync(path, packs[layer]!.read(file), { flag: 'wx', mode: 0o400 })
  }
}

/**
 * Whether a folder is what `layOut` writes, to the byte, and nothing else is in it: a file more would be found by imports
 * that must fail.
 */
export function isLaidOut(folder: string, merged: MergedLayers): boolean {
  try {
    return lstatSync(folder).isDirectory() && countSound(folder, merged) === merged.files().length
  } catch {
    return false
  }
}

/** How many files there are; NaN if one is not as it should be. */
function countSound(folder: string, merged: MergedLayers): number {
  let count = 0
  const folders = ['']
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    for (const entry of readdirSync(join(folder, at), { withFileTypes: true })) {
      const path = at === '' ? entry.name : `${at}/${entry.name}`
      if (entry.isDirectory()) folders.push(path)
      else if (isSound(folder, entry, merged.find(path)?.file)) count += 1
      else return Number.NaN
    }
  }
  return count
}

function isSound(folder: string, entry: Dirent, file: LayerFile | undefined): boolean {
  if (file === undefined || !entry.isFile()) return false
  const path = join(folder, file.path)
  return lstatSync(path).size === file.bytes && hash('sha256', readFileSync(path)) === file.digest
}
