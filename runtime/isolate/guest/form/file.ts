import { tagClass } from '../boot/class-tag.ts'
import { needArguments, toDictionary } from '../language/web-idl.ts'
import { registerSerializable } from '../messaging/clone-registry.ts'
import { dateNow, trunc } from '../primordials.ts'
import { Blob, type BlobOptions, bytesOfBlob, ownBytes } from './blob.ts'

export interface FileOptions extends BlobOptions {
  readonly lastModified?: number
}

export let isFile: (value: unknown) => value is File

/** The File API's `File`: a blob with a name. */
export class File extends Blob {
  readonly #name: string
  readonly #lastModified: number

  constructor(
    parts: Iterable<unknown>,
    name: string,
    options: FileOptions | undefined = undefined,
    bytes: Uint8Array | undefined = undefined,
  ) {
    needArguments(arguments.length, 2, 'make a file')
    super(parts, options, bytes)
    this.#name = `${name}`
    const { lastModified } = toDictionary(options)
    this.#lastModified = lastModified === undefined ? dateNow() : trunc(+lastModified) || 0
  }

  get name(): string {
    return this.#name
  }

  get lastModified(): number {
    return this.#lastModified
  }

  get webkitRelativePath(): string {
    return ''
  }

  static {
    isFile = (value): value is File => typeof value === 'object' && value !== null && #name in value
  }
}

tagClass(File, 'File')
registerSerializable({
  is: isFile,
  clone: (file) => {
    const { name, type, lastModified } = file as File
    return fileOf(bytesOfBlob(file as File), name, { type, lastModified })
  },
})

/** A file of bytes that nobody else changes. */
export function fileOf(bytes: Uint8Array, name: string, options: FileOptions): File {
  return new File(ownBytes, name, options, bytes)
}
