import { apply, iterator, setPrototypeOf, TypeError } from '../primordials.ts'
import { newList } from './list.ts'

/** What no member was given for. Nobody may write to it. */
const nothing = setPrototypeOf({}, null) as object

/** @throws TypeError if fewer arguments were given than Web IDL requires. */
export function needArguments(given: number, required: number, what: string): void {
  if (given >= required) return
  throw new TypeError(`Cannot ${what}: ${given} arguments, must be at least ${required}`)
}

/** @throws TypeError unless it is a function. */
export function needFunction(value: unknown, what: string): void {
  if (typeof value !== 'function') throw new TypeError(`Cannot ${what}: ${typeof value}, must be a function`)
}

/**
 * An argument that is a dictionary of Web IDL. Its members are to be read in the order of their names, each once.
 *
 * @throws TypeError if it is neither an object nor missing.
 */
export function toDictionary<Dictionary extends object>(value: Dictionary | null | undefined): Dictionary {
  if (value === undefined || value === null) return nothing as Dictionary
  if (typeof value === 'object' || typeof value === 'function') return value
  throw new TypeError(`Cannot read options: ${typeof value}, must be an object`)
}

/** An argument that is a sequence of Web IDL: whatever can be iterated, except text. */
export function toSequence(value: unknown, what: string): unknown[] {
  return toSequenceOf(value, what, (item) => item)
}

/** The same; items are converted one by one, before the next is asked for. */
export function toSequenceOf<Item>(value: unknown, what: string, convert: (item: unknown) => Item): Item[] {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) throw noSequence(what)
  const method = (value as Partial<Iterable<unknown>>)[iterator]
  if (typeof method !== 'function') throw noSequence(what)
  const items = newList<Item>()
  // Not `for…of`: it would read the method once more, and close the iterator if an item cannot be converted.
  const iterated = apply(method, value, []) as Iterator<unknown>
  const { next } = iterated
  for (;;) {
    const step = apply(next, iterated, []) as IteratorResult<unknown>
    if ((typeof step !== 'object' && typeof step !== 'function') || step === null) throw noSequence(what)
    if (step.done) return items
    items[items.length] = convert(step.value)
  }
}

function noSequence(what: string): TypeError {
  return new TypeError(`Cannot read ${what}: must be a sequence`)
}
