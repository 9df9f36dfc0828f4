import { LRUCache } from 'lru-cache'
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
      return { ...error, stack: mapStack(error.stack, this.#sourceMap(manifest.sourceMap)) }
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
