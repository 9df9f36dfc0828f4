import type { Entry } from 'yauzl'
import { fixedLimits } from '../../model/limits.ts'
import { badLayer, show } from './bad-layer.ts'

const { maxLayerBytes } = fixedLimits

/** Less is no harm, however it was compressed. */
const freeBytes = 16 * 1024 * 1024

// Zips of code shrink to a third or a fifth; deflate reaches 1032 at most.
const maxRatio = 200
const maxMeanRatio = 100

/** What the entries of a zip may unpack to, by what its central directory says. */
export class UnpackedSize {
  readonly #zip: string
  #bytes = 0
  #compressedBytes = 0

  /** @param zip its path, for messages */
  constructor(zip: string) {
    this.#zip = zip
  }

  /** @throws IsoletteError `bad_layer` if it is too much, alone or with those that were added before */
  add(name: string, { uncompressedSize, compressedSize }: Entry): void {
    this.#bytes += uncompressedSize
    this.#compressedBytes += compressedSize
    if (this.#bytes > maxLayerBytes) {
      throw badLayer(this.#zip, `over ${maxLayerBytes} bytes unpacked, must be at most as many`)
    }
    if (uncompressedSize > freeBytes && uncompressedSize > maxRatio * compressedSize) {
      const problem = `${uncompressedSize} bytes out of ${compressedSize}, must be at most ${maxRatio} times as many`
      throw badLayer(this.#zip, problem, name)
    }
    if (this.#bytes > freeBytes && this.#bytes > maxMeanRatio * this.#compressedBytes) {
      const problem = `${this.#bytes} bytes out of ${this.#compressedBytes}, must be at most ${maxMeanRatio} times as many`
      throw badLayer(this.#zip, problem)
    }
  }
}

/** Where an entry stands in its zip, header and data. */
export interface EntrySpan {
  readonly name: string
  readonly start: number
  /** The byte behind it. */
  readonly end: number
}

/**
 * Entries that share bytes are how a small zip unpacks to more than the ratio of its compression.
 *
 * @param directoryStart where the central directory begins
 * @throws IsoletteError `bad_layer`
 */
export function refuseOverlaps(zip: string, spans: readonly EntrySpan[], directoryStart: number): void {
  const ordered = spans.toSorted((a, b) => a.start - b.start)
  ordered.forEach(({ name, end }, index) => {
    const next = ordered[index + 1]
    if (next !== undefined && end > next.start) {
      throw badLayer(zip, `shares bytes with ${show(next.name)}, must have its own`, name)
    }
    if (end > directoryStart) {
      throw badLayer(zip, 'shares bytes with the central directory, must have its own', name)
    }
  })
}
