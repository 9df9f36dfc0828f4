import { tagClass } from '../boot/class-tag.ts'
import { registerSerializable } from '../messaging/clone-registry.ts'
import { dateNow, trunc } from '../primordials.ts'
import { Blob, type BlobOptions, bytesOfBlob } from './blob.ts'

export let isFile: (value: unknown) => value is File

/** The File API's `File`: a blob with a name. */
export class File extends Blob {
  readonly #name: string
  readonly #lastModified: number

  constructor(parts: Iterable<unknown>, name: string, options: BlobOptions & { lastModified?: number } = {}) {
    super(parts, options)
    this.#name = `${name}`
    this.#lastModified = options.lastModified === undefined ? dateNow() : trunc(+options.lastModified)
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
    return new File([bytesOfBlob(file as File)], name, { type, lastModified })
  },
})
