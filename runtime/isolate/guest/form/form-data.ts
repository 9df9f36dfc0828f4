import { tagClass } from '../boot/class-tag.ts'
import { newList, toArray } from '../language/list.ts'
import { definePairIterator, iterateByEntries, type PairIterator } from '../language/pair-iterator.ts'
import { needArguments, needFunction } from '../language/web-idl.ts'
import { apply, iterator, stringToWellFormed, TypeError } from '../primordials.ts'
import { type Blob, bytesOfBlob, isBlob } from './blob.ts'
import { type File, fileOf, isFile } from './file.ts'

export type FormValue = string | File
type Entry = [string, FormValue]

const FormDataIterator = definePairIterator('FormData')

export let isFormData: (value: unknown) => value is FormData
/** Its entries, in order: not to be changed. */
export let formEntries: (form: FormData) => readonly (readonly [string, FormValue])[]

/** The XHR standard's `FormData`. There are no form elements to make it of. */
export class FormData {
  #entries = newList<Entry>()

  /** Tells the compiler what `iterateByEntries` puts there. */
  declare [iterator]: () => PairIterator<Entry>

  constructor(form: undefined = undefined) {
    if (form !== undefined) throw new TypeError('Cannot make form data of an element: there are none here')
  }

  append(name: string, value: string | Blob, fileName: string | undefined = undefined): void {
    needArguments(arguments.length, 2, 'append to the form')
    this.#entries[this.#entries.length] = makeEntry(name, value, fileName)
  }

  delete(name: string): void {
    needArguments(arguments.length, 1, 'delete an entry of the form')
    const key = toText(name)
    this.#keep((entry) => entry[0] !== key)
  }

  get(name: string): FormValue | null {
    needArguments(arguments.length, 1, 'get an entry of the form')
    const key = toText(name)
    const entries = this.#entries
    for (let index = 0; index < entries.length; index++)
      if (entries[index]![0] === key) return entries[index]![1]
    return null
  }

  getAll(name: string): FormValue[] {
    needArguments(arguments.length, 1, 'get entries of the form')
    const key = toText(name)
    const values = newList<FormValue>()
    const entries = this.#entries
    for (let index = 0; index < entries.length; index++) {
      if (entries[index]![0] === key) values[values.length] = entries[index]![1]
    }
    return toArray(values)
  }

  has(name: string): boolean {
    needArguments(arguments.length, 1, 'look for an entry of the form')
    const key = toText(name)
    const entries = this.#entries
    for (let index = 0; index < entries.length; index++) if (entries[index]![0] === key) return true
    return false
  }

  set(name: string, value: string | Blob, fileName: string | undefined = undefined): void {
    needArguments(arguments.length, 2, 'set an entry of the form')
    const entry = makeEntry(name, value, fileName)
    let isSet = false
    this.#keep((other) => {
      if (other[0] !== entry[0]) return true
      if (isSet) return false
      other[1] = entry[1]
      isSet = true
      return true
    })
    if (!isSet) this.#entries[this.#entries.length] = entry
  }

  forEach(visit: (value: FormValue, name: string, form: FormData) => void, self: unknown = undefined): void {
    needFunction(visit, 'visit the form')
    for (let index = 0; index < this.#entries.length; index++) {
      const entry = this.#entries[index]!
      apply(visit, self, [entry[1], entry[0], this])
    }
  }

  entries(): PairIterator<Entry> {
    return new FormDataIterator(() => this.#entries, 'entry')
  }

  keys(): PairIterator<string> {
    return new FormDataIterator(() => this.#entries, 'key')
  }

  values(): PairIterator<FormValue> {
    return new FormDataIterator(() => this.#entries, 'value')
  }

  #keep(keeps: (entry: Entry) => boolean): void {
    const kept = newList<Entry>()
    for (let index = 0; index < this.#entries.length; index++) {
      const entry = this.#entries[index]!
      if (keeps(entry)) kept[kept.length] = entry
    }
    this.#entries = kept
  }

  static {
    isFormData = (value): value is FormData =>
      typeof value === 'object' && value !== null && #entries in value
    formEntries = (form) => form.#entries
  }
}

iterateByEntries(FormData.prototype)
tagClass(FormData, 'FormData')

/** A blob becomes a file: with the name that is given, its own, or `blob`. */
function makeEntry(name: string, value: unknown, fileName: string | undefined): Entry {
  const key = toText(name)
  if (!isBlob(value)) {
    if (fileName !== undefined) throw new TypeError('Cannot add to the form: only a Blob has a file name')
    return [key, toText(value)]
  }
  if (isFile(value) && fileName === undefined) return [key, value]
  const options = { type: value.type, ...(isFile(value) ? { lastModified: value.lastModified } : {}) }
  return [key, fileOf(bytesOfBlob(value), fileName === undefined ? 'blob' : toText(fileName), options)]
}

function toText(value: unknown): string {
  return stringToWellFormed(`${value as string}`)
}
