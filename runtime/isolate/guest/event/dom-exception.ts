import { tagClass } from '../boot/class-tag.ts'
import { captureStack, defineProperty, Error, Map, mapGet, mapSet, setPrototypeOf } from '../primordials.ts'

export let isDOMException: (value: unknown) => value is DOMException

/** Web IDL's `DOMException`. */
export class DOMException {
  declare readonly stack: string
  readonly #message: string
  readonly #name: string

  constructor(message = '', name = 'Error') {
    this.#message = `${message}`
    this.#name = `${name}`
    captureStack(this)
  }

  get name(): string {
    return this.#name
  }

  get message(): string {
    return this.#message
  }

  get code(): number {
    return mapGet(codes, this.#name) ?? 0
  }

  static {
    isDOMException = (value): value is DOMException =>
      typeof value === 'object' && value !== null && #name in value
  }
}

tagClass(DOMException, 'DOMException')

setPrototypeOf(DOMException.prototype, Error.prototype)

/** The numbers that some names have, from the time before names. */
const codes = new Map<string, number>()

function defineCode(code: number, constant: string, name: string): void {
  const value = { __proto__: null, value: code, enumerable: true }
  defineProperty(DOMException, constant, value)
  defineProperty(DOMException.prototype, constant, value)
  mapSet(codes, name, code)
}

defineCode(1, 'INDEX_SIZE_ERR', 'IndexSizeError')
defineCode(3, 'HIERARCHY_REQUEST_ERR', 'HierarchyRequestError')
defineCode(4, 'WRONG_DOCUMENT_ERR', 'WrongDocumentError')
defineCode(5, 'INVALID_CHARACTER_ERR', 'InvalidCharacterError')
defineCode(7, 'NO_MODIFICATION_ALLOWED_ERR', 'NoModificationAllowedError')
defineCode(8, 'NOT_FOUND_ERR', 'NotFoundError')
defineCode(9, 'NOT_SUPPORTED_ERR', 'NotSupportedError')
defineCode(10, 'INUSE_ATTRIBUTE_ERR', 'InUseAttributeError')
defineCode(11, 'INVALID_STATE_ERR', 'InvalidStateError')
defineCode(12, 'SYNTAX_ERR', 'SyntaxError')
defineCode(13, 'INVALID_MODIFICATION_ERR', 'InvalidModificationError')
defineCode(14, 'NAMESPACE_ERR', 'NamespaceError')
defineCode(15, 'INVALID_ACCESS_ERR', 'InvalidAccessError')
defineCode(17, 'TYPE_MISMATCH_ERR', 'TypeMismatchError')
defineCode(18, 'SECURITY_ERR', 'SecurityError')
defineCode(19, 'NETWORK_ERR', 'NetworkError')
defineCode(20, 'ABORT_ERR', 'AbortError')
defineCode(21, 'URL_MISMATCH_ERR', 'URLMismatchError')
defineCode(22, 'QUOTA_EXCEEDED_ERR', 'QuotaExceededError')
defineCode(23, 'TIMEOUT_ERR', 'TimeoutError')
defineCode(24, 'INVALID_NODE_TYPE_ERR', 'InvalidNodeTypeError')
defineCode(25, 'DATA_CLONE_ERR', 'DataCloneError')
