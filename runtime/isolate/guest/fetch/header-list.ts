import { newList, toArray } from '../language/list.ts'
import { arraySort, stringIndexOf, stringSlice } from '../primordials.ts'

/** One header line. A new value replaces the old one; nodes are linked, so that reading them meets nothing patchable. */
class HeaderLine {
  readonly name: string
  value: string
  next: HeaderLine | null = null

  constructor(name: string, value: string) {
    this.name = name
    this.value = value
  }
}

/**
 * A header list as the Fetch standard has it. Names are in lower case and, like the values, checked by whoever adds
 * them (`normalizeName`, `normalizeValue`).
 */
export class HeaderList {
  #first: HeaderLine | null = null
  #last: HeaderLine | null = null
  #sorted: (readonly [string, string])[] | null = null

  /** Reads `name\nvalue\n…` as the host writes it. */
  static parse(text: string): HeaderList {
    const list = new HeaderList()
    let at = 0
    while (at < text.length) {
      const nameEnd = stringIndexOf(text, '\n', at)
      const valueEnd = stringIndexOf(text, '\n', nameEnd + 1)
      list.append(stringSlice(text, at, nameEnd), stringSlice(text, nameEnd + 1, valueEnd))
      at = valueEnd + 1
    }
    return list
  }

  append(name: string, value: string): void {
    const line = new HeaderLine(name, value)
    if (this.#last === null) this.#first = line
    else this.#last.next = line
    this.#last = line
    this.#sorted = null
  }

  /** All values of that name, joined; null if there is none. */
  get(name: string): string | null {
    let value: string | null = null
    for (let line = this.#first; line !== null; line = line.next) {
      if (line.name === name) value = value === null ? line.value : `${value}, ${line.value}`
    }
    return value
  }

  has(name: string): boolean {
    for (let line = this.#first; line !== null; line = line.next) {
      if (line.name === name) return true
    }
    return false
  }

  /** Takes the place of the first of that name, and removes the others. */
  set(name: string, value: string): void {
    for (let line = this.#first; line !== null; line = line.next) {
      if (line.name !== name) continue
      line.value = value
      this.#removeAfter(line, name)
      return
    }
    this.append(name, value)
  }

  delete(name: string): void {
    this.#sorted = null
    while (this.#first !== null && this.#first.name === name) this.#first = this.#first.next
    if (this.#first === null) this.#last = null
    else this.#removeAfter(this.#first, name)
  }

  #removeAfter(line: HeaderLine, name: string): void {
    this.#sorted = null
    let previous = line
    for (let next = previous.next; next !== null; next = previous.next) {
      if (next.name === name) previous.next = next.next
      else previous = next
    }
    this.#last = previous
  }

  /** The values of `set-cookie`, which must not be joined. */
  setCookies(): string[] {
    const values = newList<string>()
    for (let line = this.#first; line !== null; line = line.next) {
      if (line.name === 'set-cookie') values[values.length] = line.value
    }
    return toArray(values)
  }

  /** Sorted by name, values of one name joined, `set-cookie` one by one: what iterating shows. Kept until a change. */
  sorted(): readonly (readonly [string, string])[] {
    if (this.#sorted !== null) return this.#sorted
    const names = newList<string>()
    for (let line = this.#first; line !== null; line = line.next) {
      if (line.name === 'set-cookie' || !isAmong(names, line.name)) names[names.length] = line.name
    }
    arraySort(names)
    const pairs = newList<readonly [string, string]>()
    let cookies: string[] | null = null
    let cookieAt = 0
    for (let index = 0; index < names.length; index++) {
      const name = names[index]!
      if (name === 'set-cookie') {
        cookies ??= this.setCookies()
        pairs[index] = [name, cookies[cookieAt++]!]
      } else {
        pairs[index] = [name, this.get(name)!]
      }
    }
    this.#sorted = pairs
    return pairs
  }

  copy(): HeaderList {
    const list = new HeaderList()
    for (let line = this.#first; line !== null; line = line.next) list.append(line.name, line.value)
    return list
  }

  /** Every line as it stands. */
  lines(): (readonly [string, string])[] {
    const lines = newList<readonly [string, string]>()
    for (let line = this.#first; line !== null; line = line.next)
      lines[lines.length] = [line.name, line.value]
    return lines
  }

  /** `name\nvalue\n…`, as the host reads it. */
  toText(): string {
    let text = ''
    for (let line = this.#first; line !== null; line = line.next) text += `${line.name}\n${line.value}\n`
    return text
  }
}

function isAmong(names: readonly string[], name: string): boolean {
  for (let index = 0; index < names.length; index++) if (names[index] === name) return true
  return false
}
