import { tagClass } from '../boot/class-tag.ts'
import { needArguments, toDictionary } from '../language/web-idl.ts'
import { TypeError } from '../primordials.ts'

interface StrategyInit {
  readonly highWaterMark: unknown
}

/** The functions of all strategies; made as properties, they are named `size`, and no constructors. */
const counts = { size: () => 1 }
const byteLengths = { size: (chunk: ArrayBufferView) => chunk.byteLength }

/** The Streams standard's `CountQueuingStrategy`: every chunk counts one. */
export class CountQueuingStrategy {
  readonly #highWaterMark: number

  constructor(init: StrategyInit) {
    needArguments(arguments.length, 1, 'make a CountQueuingStrategy')
    this.#highWaterMark = readHighWaterMark(init)
  }

  get highWaterMark(): number {
    return this.#highWaterMark
  }

  get size(): () => number {
    // One that is no such strategy is refused.
    void this.#highWaterMark
    return counts.size
  }
}

tagClass(CountQueuingStrategy, 'CountQueuingStrategy')

/** The Streams standard's `ByteLengthQueuingStrategy`: a chunk counts what its `byteLength` says. */
export class ByteLengthQueuingStrategy {
  readonly #highWaterMark: number

  constructor(init: StrategyInit) {
    needArguments(arguments.length, 1, 'make a ByteLengthQueuingStrategy')
    this.#highWaterMark = readHighWaterMark(init)
  }

  get highWaterMark(): number {
    return this.#highWaterMark
  }

  get size(): (chunk: ArrayBufferView) => number {
    void this.#highWaterMark
    return byteLengths.size
  }
}

tagClass(ByteLengthQueuingStrategy, 'ByteLengthQueuingStrategy')

function readHighWaterMark(init: StrategyInit): number {
  const { highWaterMark } = toDictionary(init)
  if (highWaterMark === undefined) throw new TypeError('Cannot make a strategy: highWaterMark is missing')
  return +(highWaterMark as number)
}
