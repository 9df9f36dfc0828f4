import { tagClass } from '../boot/class-tag.ts'
import { needArguments } from '../language/web-idl.ts'
import { arrayBufferDetached, TypeError, typedArrayBuffer } from '../primordials.ts'
import type { ByteControllerState } from './byte-controller-state.ts'
import { toCount } from './guest-arguments.ts'
import { checkInternal } from './internal.ts'
import { rangeOf } from './pull-into.ts'
import type { OfferedBuffer } from './waiting-buffers.ts'

/** The Streams standard's `ReadableStreamBYOBRequest`: a reader's buffer that the source fills. */
export class ReadableStreamBYOBRequest {
  readonly #offered: OfferedBuffer

  constructor(key: unknown = undefined, offered: OfferedBuffer | undefined = undefined) {
    checkInternal(key)
    this.#offered = offered!
  }

  get view(): Uint8Array | null {
    return this.#offered.view
  }

  respond(bytesWritten: unknown): void {
    void this.#offered
    needArguments(arguments.length, 1, 'respond')
    const byteCount = toCount(bytesWritten, 'bytesWritten')
    const controller = this.#openController()
    checkAttached(typedArrayBuffer(this.#offered.view!))
    controller.respond(byteCount)
  }

  respondWithNewView(view: unknown): void {
    void this.#offered
    needArguments(arguments.length, 1, 'respond')
    const range = rangeOf(view)
    const controller = this.#openController()
    checkAttached(range.buffer)
    controller.respondWithNewView(range)
  }

  #openController(): ByteControllerState {
    const { controller } = this.#offered
    if (controller === null) throw new TypeError('Cannot respond: it was done before')
    return controller
  }
}

tagClass(ReadableStreamBYOBRequest, 'ReadableStreamBYOBRequest')

function checkAttached(buffer: ArrayBuffer): void {
  if (arrayBufferDetached(buffer)) throw new TypeError('Cannot respond: the buffer is detached')
}
