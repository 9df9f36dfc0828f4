import type { CallId } from '../model/call.ts'
import { damaged } from '../storage/store-file.ts'

const idBytes = 16
const countBytes = 4
const endBytes = 4

export interface BlockEntry {
  readonly id: CallId
  readonly body: Uint8Array
}

/**
 * Several calls as one value: how many, their ids, where the body of each ends, the bodies. One value, because a row for
 * each costs several times the CPU, and because LMDB reads back each page of small rows that it writes, so that the
 * resident memory of whoever writes would grow with the file.
 */
export function packBlock(entries: readonly BlockEntry[]): Uint8Array {
  const bodiesAt = countBytes + entries.length * (idBytes + endBytes)
  const bytes = Buffer.allocUnsafe(entries.reduce((sum, { body }) => sum + body.byteLength, bodiesAt))
  bytes.writeUInt32LE(entries.length, 0)
  let end = 0
  for (const [index, { id, body }] of entries.entries()) {
    bytes.write(id, countBytes + index * idBytes, 'hex')
    bytes.set(body, bodiesAt + end)
    end += body.byteLength
    bytes.writeUInt32LE(end, countBytes + entries.length * idBytes + index * endBytes)
  }
  return bytes
}

/** What `packBlock` made. */
export class CallBlock {
  readonly count: number
  readonly #bytes: Buffer
  readonly #file: string

  /**
   * @param file that the bytes were read from, for messages
   * @throws IsoletteError `data_damaged` if they are nothing of the kind
   */
  constructor(bytes: Buffer, file: string) {
    this.#bytes = bytes
    this.#file = file
    this.count = bytes.length < countBytes ? 0 : bytes.readUInt32LE(0)
    const isWhole =
      this.count > 0 && bytes.length >= this.#bodiesAt && this.#endOf(this.count - 1) === bytes.length
    if (!isWhole) throw damaged(file, 'a record of calls is not whole')
  }

  idAt(index: number): CallId {
    const at = countBytes + index * idBytes
    return this.#bytes.toString('hex', at, at + idBytes)
  }

  get ids(): CallId[] {
    return Array.from({ length: this.count }, (_, index) => this.idAt(index))
  }

  /** -1 = it is not among them. */
  indexOf(id: CallId): number {
    const wanted = Buffer.from(id, 'hex')
    for (let index = 0; index < this.count; index++) {
      const at = countBytes + index * idBytes
      if (wanted.compare(this.#bytes, at, at + idBytes) === 0) return index
    }
    return -1
  }

  bodyAt(index: number): Uint8Array {
    const start = index === 0 ? this.#bodiesAt : this.#endOf(index - 1)
    return this.#bytes.subarray(start, this.#endOf(index))
  }

  /** @throws IsoletteError `data_damaged` if `unpack` throws */
  read<T>(index: number, unpack: (body: Uint8Array) => T): T {
    try {
      return unpack(this.bodyAt(index))
    } catch (cause) {
      throw damaged(this.#file, `the record of the call ${this.idAt(index)} cannot be read`, cause)
    }
  }

  get #bodiesAt(): number {
    return countBytes + this.count * (idBytes + endBytes)
  }

  #endOf(index: number): number {
    return this.#bodiesAt + this.#bytes.readUInt32LE(countBytes + this.count * idBytes + index * endBytes)
  }
}
