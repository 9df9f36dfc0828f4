import { LRUCache } from 'lru-cache'
import { layersFilename } from '../isolate/layers/layer-script.ts'
import type { GuestError } from '../model/outcome.ts'
import type { Digest, VersionManifest } from '../model/version.ts'
import { mapStack } from './source-map-stack.ts'

/** Source maps are several times as large as their bundles. */
const maxSourceMaps = 50

/** Puts the stacks of guests' errors into their authors' lines. A map that cannot be read leaves the stack as it is. */
export class ErrorMapper {
  readonly #read: (digest: Digest) => Buffer
  readonly #maps = new LRUCache<Digest, string>({ max: maxSourceMaps })

  /** `read` returns an artifact, or throws. */
  constructor(read: (digest: Digest) => Buffer) {
    this.#read = read
  }

  map(manifest: VersionManifest, error: GuestError): GuestError {
    if (error.stack === '') return error
    try {
      const stack = mapStack(error.stack, this.#sourceMap(manifest.sourceMap))
      const ofLayers = manifest.layerSet?.sourceMap
      if (!ofLayers || !stack.includes(layersFilename)) return { ...error, stack }
      return { ...error, stack: mapStack(stack, this.#sourceMap(ofLayers), layersFilename) }
    } catch {
      return error
    }
  }

  #sourceMap(digest: Digest): string {
    let text = this.#maps.get(digest)
    if (text === undefined) {
      text = this.#read(digest).toString('utf8')
      this.#maps.set(digest, text)
    }
    return text
  }
}
