import { isArrayBuffer } from '../language/bytes.ts'
import { newList } from '../language/list.ts'
import { needArguments, toDictionary, toSequence } from '../language/web-idl.ts'
import { arrayBufferDetached, arrayBufferTransfer, Map, mapHas, mapSet } from '../primordials.ts'
import { type CloneMemory, clone, type MovedView } from './clone.ts'
import { makeView } from './clone-bytes.ts'
import { dataCloneError } from './clone-error.ts'
import { transferableOf } from './clone-registry.ts'

/** HTML's `structuredClone`. */
export function structuredClone(value: unknown, options?: { transfer?: Iterable<object> }): unknown {
  needArguments(arguments.length, 1, 'clone')
  const { transfer } = toDictionary(options)
  if (transfer === undefined) return cloneValue(value)
  return cloneWithTransfer(value, toSequence(transfer, 'transfer')).value
}

/** A copy of all that can be reached. @throws DOMException `DataCloneError` */
function cloneValue(value: unknown): unknown {
  if (
    (typeof value !== 'object' || value === null) &&
    typeof value !== 'function' &&
    typeof value !== 'symbol'
  )
    return value
  return clone(value, { copies: new Map(), movedViews: null })
}

export interface CloneWithTransfer {
  readonly value: unknown
  /** What takes the place of each object of the list, in order. */
  readonly transferred: object[]
}

/**
 * The same, but what `transfer` lists is moved, not copied.
 *
 * Nothing may be moved before all that can fail has been done, which calls the function's getters; and what is moved
 * is not there before. So a first copy still holds what is to be moved, and what is not seen by the function any more;
 * a second one, of that, is given what has been.
 *
 * @throws DOMException `DataCloneError`; nothing was moved then.
 */
export function cloneWithTransfer(value: unknown, transfer: readonly unknown[]): CloneWithTransfer {
  if (transfer.length === 0) return { value: cloneValue(value), transferred: newList() }
  const before: CloneMemory = { copies: new Map(), movedViews: newList<MovedView>() }
  for (let index = 0; index < transfer.length; index++) {
    const object = transfer[index]
    if (!canBeTransferred(object))
      throw dataCloneError('what is in transfer must be an object that can be moved')
    if (mapHas(before.copies, object)) throw dataCloneError('an object is in transfer twice')
    mapSet(before.copies, object, object)
  }
  const first = clone(value, before)
  for (let index = 0; index < transfer.length; index++) {
    if (isDetached(transfer[index] as object)) throw dataCloneError('an object in transfer was moved already')
  }
  const after: CloneMemory = { copies: new Map(), movedViews: null }
  const transferred = newList<object>()
  for (let index = 0; index < transfer.length; index++) {
    const object = transfer[index] as object
    transferred[index] = move(object)
    mapSet(after.copies, object, transferred[index]!)
  }
  const views = before.movedViews!
  for (let index = 0; index < views.length; index++) {
    const { placeholder, buffer, shape } = views[index]!
    mapSet(after.copies, placeholder, makeView(clone(buffer, after) as ArrayBuffer, shape))
  }
  return { value: clone(first, after), transferred }
}

function canBeTransferred(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  return isArrayBuffer(value) || transferableOf(value) !== null
}

function isDetached(object: object): boolean {
  return isArrayBuffer(object) ? arrayBufferDetached(object) : transferableOf(object)!.isDetached(object)
}

function move(object: object): object {
  if (!isArrayBuffer(object)) return transferableOf(object)!.transfer(object)
  try {
    return arrayBufferTransfer(object)
  } catch {
    throw dataCloneError('the memory of a WebAssembly module')
  }
}
