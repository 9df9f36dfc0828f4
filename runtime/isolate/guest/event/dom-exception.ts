import { tagClass } from '../boot/class-tag.ts'
import { defineOwn } from '../language/define-own.ts'
import { registerSerializable } from '../messaging/clone-registry.ts'
import { construct, defineProperty, Error, Map, mapGet, mapSet, setPrototypeOf } from '../primordials.ts'

let isDOMException: (value: unknown) => value is DOMException
/** Name and message, whatever became of the getters. */
let exceptionText: (exception: DOMException) => { readonly name: string; readonly message: string }

/** A class whose constructor returns what it is given: one that extends it puts its fields on any object. */
const OnObject = function onObject(object: object): object {
  return object
} as unknown as new (
  object: object,
) => object

/** Web IDL has it that a `DOMException` is an error of the language, but does not inherit from `Error`'s constructor. */
class Fields extends OnObject {
  readonly #name: string
  readonly #message: string

  constructor(error: object, name: string, message: string) {
    super(error)
    this.#name = name
    this.#message = message
  }

  static {
    isDOMException = (value): value is DOMException =>
      typeof value === 'object' && value !== null && #name in value
    exceptionText = (exception) => {
      const fields = exception as unknown as Fields
      return { name: fields.#name, message: fields.#message }
    }
  }
}

/** Web IDL's `DOMException`. */
export class DOMException {
  declare readonly stack: string

  constructor(message = '', name = 'Error') {
    const text = `${message}`
    const label = `${name}`
    const error = construct(Error, [], new.target) as DOMException
    new Fields(error, label, text)
    // biome-ignore lint/correctness/noConstructorReturn: `class … extends Error` would inherit from its constructor, too
    return error
  }

  get name(): string {
    return exceptionText(this).name
  }

  get message(): string {
    return exceptionText(this).message
  }

  get code(): number {
    return mapGet(codes, exceptionText(this).name) ?? 0
  }
}

tagClass(DOMException, 'DOMException')

setPrototypeOf(DOMException.prototype, Error.prototype)

registerSerializable({
  is: isDOMException,
  clone: (exception) => {
    const { name, message } = exceptionText(exception as DOMException)
    const copy = new DOMException(message, name)
    defineOwn(copy, 'stack', (exception as DOMException).stack, false)
    return copy
  },
})

/** The numbers that some names have, from the time before names. */
const codes = new Map<string, number>()

/** `name` null: nothing has the number any more. */
function defineCode(code: number, constant: string, name: string | null): void {
  const value = { __proto__: null, value: code, enumerable: true }
  defineProperty(DOMException, constant, value)
  defineProperty(DOMException.prototype, constant, value)
  if (name !== null) mapSet(codes, name, code)
}

defineCode(1, 'INDEX_SIZE_ERR', 'IndexSizeError')
defineCode(2, 'DOMSTRING_SIZE_ERR', null)
defineCode(3, 'HIERARCHY_REQUEST_ERR', 'HierarchyRequestError')
defineCode(4, 'WRONG_DOCUMENT_ERR', 'WrongDocumentError')
defineCode(5, 'INVALID_CHARACTER_ERR', 'InvalidCharacterError')
defineCode(6, 'NO_DATA_ALLOWED_ERR', null)
defineCode(7, 'NO_MODIFICATION_ALLOWED_ERR', 'NoModificationAllowedError')
defineCode(8, 'NOT_FOUND_ERR', 'NotFoundError')
defineCode(9, 'NOT_SUPPORTED_ERR', 'NotSupportedError')
defineCode(10, 'INUSE_ATTRIBUTE_ERR', 'InUseAttributeError')
defineCode(11, 'INVALID_STATE_ERR', 'InvalidStateError')
defineCode(12, 'SYNTAX_ERR', 'SyntaxError')
defineCode(13, 'INVALID_MODIFICATION_ERR', 'InvalidModificationError')
defineCode(14, 'NAMESPACE_ERR', 'NamespaceError')
defineCode(15, 'INVALID_ACCESS_ERR', 'InvalidAccessError')
defineCode(16, 'VALIDATION_ERR', null)
defineCode(17, 'TYPE_MISMATCH_ERR', 'TypeMismatchError')
defineCode(18, 'SECURITY_ERR', 'SecurityError')
defineCode(19, 'NETWORK_ERR', 'NetworkError')
defineCode(20, 'ABORT_ERR', 'AbortError')
defineCode(21, 'URL_MISMATCH_ERR', 'URLMismatchError')
defineCode(22, 'QUOTA_EXCEEDED_ERR', 'QuotaExceededError')
defineCode(23, 'TIMEOUT_ERR', 'TimeoutError')
defineCode(24, 'INVALID_NODE_TYPE_ERR', 'InvalidNodeTypeError')
defineCode(25, 'DATA_CLONE_ERR', 'DataCloneError')
