import { IsoletteError } from '../model/errors.ts'
import { formatLayerReference, type LayerReference, type LayerVersion } from '../model/layer.ts'
import { checkName, isName } from '../model/name.ts'
import type { LayerContent } from './registry.ts'
import type { RegistryDraft } from './registry-draft.ts'
import type { Tables } from './store/tables.ts'

/** So many of the versions that hold a layer are told. */
export const maxHoldersNamed = 1000
const maxHoldersInMessage = 5

/** Gives the content the next number of its name, or finds the one that it has. */
export function publishLayer(
  draft: RegistryDraft,
  { name, ...content }: LayerContent,
): LayerVersion & { readonly unchanged: boolean } {
  const { layers, layerNumbers, lastLayerVersions } = draft.tables
  checkName('layer', name)
  const number = layerNumbers.get([name, content.index])
  if (number !== null) return { ...layers.get([name, number])!, unchanged: true }
  const version = (lastLayerVersions.get(name) ?? 0) + 1
  const layer: LayerVersion = { name, version, ...content, publishedAtMs: draft.nowMs }
  layers.put([name, version], layer)
  layerNumbers.put([name, content.index], version)
  lastLayerVersions.put(name, version)
  draft.artifactUses.add([content.index, content.pack])
  return { ...layer, unchanged: false }
}

/** Takes the name away; what versions hold of it stays as theirs. */
export function removeLayer(
  draft: RegistryDraft,
  reference: LayerReference,
  options: { readonly force: boolean },
): void {
  const { layers, layerNumbers } = draft.tables
  const layer = requireLayer(draft.tables, reference)
  if (!options.force) checkUnheld(draft, reference)
  layers.remove([layer.name, layer.version])
  layerNumbers.remove([layer.name, layer.index])
  draft.artifactUses.remove([layer.index, layer.pack])
}

/** What a reference names. @throws IsoletteError `layer_not_found` */
export function requireLayer(tables: Tables, reference: LayerReference): LayerVersion {
  const layer = isName(reference.name) ? tables.layers.get([reference.name, reference.version]) : null
  if (layer !== null) return layer
  const shown = formatLayerReference(reference)
  throw new IsoletteError('layer_not_found', `Cannot find layer ${shown}: must be one that is published`, {
    details: { layer: shown },
  })
}

function checkUnheld(draft: RegistryDraft, reference: LayerReference): void {
  const holders = draft.layerHolders.list(reference, maxHoldersNamed)
  if (holders.length === 0) return
  const named = holders.slice(0, maxHoldersInMessage).join(', ')
  const others = draft.layerHolders.count(reference) - maxHoldersInMessage
  const more = others > 0 ? ` and ${others} more` : ''
  throw new IsoletteError(
    'in_use',
    `Cannot remove layer ${formatLayerReference(reference)}: in use by ${named}${more}, must be unused`,
    { details: { versions: holders } },
  )
}
