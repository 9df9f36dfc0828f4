import { IsoletteError } from '../../model/errors.ts'

const maxShownCharacters = 200

/**
 * The refusal of a zip or a folder as a layer.
 *
 * @param layer the path of the zip or folder
 * @param problem what it is and what it must be
 * @param entry the name of the file in question, whatever it holds
 */
export function badLayer(layer: string, problem: string, entry?: string, cause?: unknown): IsoletteError {
  const named = entry === undefined ? '' : `${show(entry)}: `
  return new IsoletteError('bad_layer', `Cannot read layer ${show(layer)}: ${named}${problem}`, {
    ...(entry === undefined ? {} : { details: { entry: entry.slice(0, maxShownCharacters) } }),
    ...(cause === undefined ? {} : { cause }),
  })
}

/** Quoted, so that nothing in a name can pass for another line or for text of ours. */
export function show(name: string): string {
  const cut = name.length > maxShownCharacters ? `${name.slice(0, maxShownCharacters)}…` : name
  return JSON.stringify(cut)
}
