import { LRUCache } from 'lru-cache'
import type { Digest, VersionManifest } from '../model/version.ts'

/** Text of bundles, all together, in UTF-16 units. */
const maxLength = 32 * 1024 * 1024

/**
 * The bundles that instances were made of lately, or that were just deployed and will be asked for next. Reading one
 * from disk and verifying it is a tenth of what a cold start takes.
 */
export class BundleCache {
  readonly #read: (digest: Digest) => Buffer
  readonly #texts = new LRUCache<Digest, string>({
    maxSize: maxLength,
    sizeCalculation: (text) => text.length + 1,
  })

  /** `read` returns an artifact, verified. @throws IsoletteError `data_damaged` */
  constructor(read: (digest: Digest) => Buffer) {
    this.#read = read
  }

  /** @throws IsoletteError `data_damaged` */
  read({ bundle }: VersionManifest): string {
    let text = this.#texts.get(bundle)
    if (text === undefined) {
      text = this.#read(bundle).toString('utf8')
      this.#texts.set(bundle, text)
    }
    return text
  }
}
