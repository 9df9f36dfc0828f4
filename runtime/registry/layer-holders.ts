import { type LayerReference, parseLayerReference } from '../model/layer.ts'
import type { VersionLabel } from '../model/version.ts'
import type { Tables } from './tables.ts'

/** What holds a manifest, and so its layers: a published version, or what was uploaded last. */
export interface Holder {
  readonly functionName: string
  readonly version: VersionLabel
}

/** Key of a row: layer, its version, function, its version; `$LATEST` is version 0. */
export type HolderKey = [layer: string, layerVersion: number, functionName: string, version: number]

/** Which versions hold which layers, so that none in use is removed. Changed only within `Store.change`. */
export class LayerHolders {
  readonly #table: Tables['layerHolders']

  constructor(tables: Pick<Tables, 'layerHolders'>) {
    this.#table = tables.layerHolders
  }

  add(layers: readonly string[], holder: Holder): void {
    for (const layer of layers) this.#table.put(keyOf(layer, holder), 1)
  }

  remove(layers: readonly string[], holder: Holder): void {
    for (const layer of layers) this.#table.remove(keyOf(layer, holder))
  }

  count(layer: LayerReference): number {
    return this.#table.count(rangeOf(layer))
  }

  /** As people name them, `hello:3` and `hello:$LATEST`, in order of name; at most `limit`. */
  list(layer: LayerReference, limit: number): string[] {
    return [...this.#table.entries({ ...rangeOf(layer), limit })].map(
      ({ key: [, , holder, number] }) => `${holder}:${number === 0 ? '$LATEST' : number}`,
    )
  }
}

function rangeOf({ name, version }: LayerReference): { start: HolderKey; end: HolderKey } {
  return { start: [name, version, '', 0], end: [name, version + 1, '', 0] }
}

function keyOf(layer: string, { functionName, version }: Holder): HolderKey {
  const reference = parseLayerReference(layer)
  return [reference.name, reference.version, functionName, version === '$LATEST' ? 0 : version]
}
