import { type LayerReference, parseLayerReference } from '../model/layer.ts'
import type { VersionLabel } from '../model/version.ts'
import type { Tables } from './store/tables.ts'

/** What holds a manifest, and so its layers: a published version, or what was uploaded last. */
export interface Holder {
  readonly functionName: string
  readonly version: VersionLabel
}

/** Key of a row: layer, its version, function, its version; `$LATEST` is version 0. */
export type HolderKey = [layer: string, layerVersion: number, functionName: string, version: number]

type Parts = Pick<Tables, 'layerHolders' | 'functions' | 'numbers'>

/**
 * Which versions hold which layers, so that none in use is removed. Changed only within `Store.change`. A `$LATEST` that is
 * published is one with that version for people.
 */
export class LayerHolders {
  readonly #tables: Parts

  constructor(tables: Parts) {
    this.#tables = tables
  }

  add(layers: readonly string[], holder: Holder): void {
    for (const layer of layers) this.#tables.layerHolders.put(keyOf(layer, holder), 1)
  }

  remove(layers: readonly string[], holder: Holder): void {
    for (const layer of layers) this.#tables.layerHolders.remove(keyOf(layer, holder))
  }

  count(layer: LayerReference): number {
    let holders = 0
    for (const _ of this.#labels(layer)) holders += 1
    return holders
  }

  /** As people name them, `hello:3` and `hello:$LATEST`, in order of name; at most `limit`. */
  list(layer: LayerReference, limit: number): string[] {
    const labels: string[] = []
    for (const label of this.#labels(layer)) if (labels.push(label) >= limit) break
    return labels
  }

  *#labels(layer: LayerReference): Generator<string> {
    for (const { key } of this.#tables.layerHolders.entries(rangeOf(layer))) {
      const [, , functionName, number] = key
      if (number !== 0) yield `${functionName}:${number}`
      else if (!this.#isPublished(functionName)) yield `${functionName}:$LATEST`
    }
  }

  #isPublished(functionName: string): boolean {
    const { functions, numbers } = this.#tables
    const record = functions.get(functionName)
    return record !== null && numbers.get([functionName, record.latest]) !== null
  }
}

function rangeOf({ name, version }: LayerReference): { start: HolderKey; end: HolderKey } {
  return { start: [name, version, '', 0], end: [name, version + 1, '', 0] }
}

function keyOf(layer: string, { functionName, version }: Holder): HolderKey {
  const reference = parseLayerReference(layer)
  return [reference.name, reference.version, functionName, version === '$LATEST' ? 0 : version]
}
