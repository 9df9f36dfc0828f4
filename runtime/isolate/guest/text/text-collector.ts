import { newList } from '../language/list.ts'
import { Array, apply, arraySlice, defineProperty, fromCharCode, setPrototypeOf } from '../primordials.ts'

/** `String.fromCharCode` takes this many at once without a cost that grows faster than they do. */
const chunkUnits = 4096

/** Made for the first that is collected: most instances collect nothing, and it takes 200 KB, compiled code included. */
let zeros: number[] | null = null

function copyZeros(): number[] {
  if (zeros === null) {
    zeros = newList<number>()
    for (let index = 0; index < chunkUnits; index++) zeros[index] = 0
    // V8 copies no other array as fast. Without a constructor of its own it would ask for one that guests may replace.
    setPrototypeOf(zeros, Array.prototype)
    defineProperty(zeros, 'constructor', { __proto__: null, value: undefined } as PropertyDescriptor)
  }
  return arraySlice(zeros)
}

/** Collects UTF-16 units into a string. */
export class TextCollector {
  #text = ''
  /** Full from the beginning: writing to a hole would meet the guest's setters. */
  readonly #units = copyZeros()
  #count = 0

  add(unit: number): void {
    if (this.#count === chunkUnits) this.#flush()
    this.#units[this.#count++] = unit
  }

  addCodePoint(code: number): void {
    if (code < 0x10000) {
      this.add(code)
    } else {
      this.add(0xd800 + ((code - 0x10000) >> 10))
      this.add(0xdc00 + ((code - 0x10000) & 0x3ff))
    }
  }

  /** Nothing may be added after this. */
  finish(): string {
    this.#flush()
    return this.#text
  }

  #flush(): void {
    if (this.#count < chunkUnits) this.#units.length = this.#count
    this.#text += apply(fromCharCode, null, this.#units)
    this.#count = 0
  }
}
