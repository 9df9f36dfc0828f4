import {
  findNodeAtLocation,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser'
import { IsoletteError } from '../../model/errors.ts'

/** A place in a text as editors count: both from 1, columns in UTF-16 units. */
export interface TextPosition {
  readonly line: number
  readonly column: number
}

/** A file of JSON with comments and trailing commas that knows where each of its values stands. */
export class JsoncDocument {
  readonly file: string
  readonly value: unknown
  readonly #text: string
  readonly #root: Node

  /**
   * @param file name for messages
   * @throws IsoletteError `bad_configuration` with file, line and column for what is not JSON, for a key that stands
   * twice in an object, and for `__proto__`
   */
  constructor(file: string, text: string) {
    this.file = file
    // A byte order mark becomes a space, so that every offset stays what it was.
    this.#text = text.replace(/^\uFEFF/, ' ')
    const problems: ParseError[] = []
    const root = parse(this.#text, problems)
    const [first] = problems
    if (root === undefined || first !== undefined) {
      const words = first === undefined ? 'nesting too deep' : wordsOf(printParseErrorCode(first.error))
      throw this.#syntaxError(first?.offset ?? 0, `${words}, must be JSON with comments`)
    }
    this.#root = root
    this.#refuseOddKeys(root)
    this.value = getNodeValue(root)
  }

  /** Where the value at `path` stands, or the nearest value around it that there is; with `key`, that key of it. */
  positionOf(path: readonly (string | number)[], key?: string): TextPosition {
    for (let length = path.length; length >= 0; length--) {
      const node = findNodeAtLocation(this.#root, path.slice(0, length))
      if (node === undefined) continue
      const named = node.children?.find((child) => key !== undefined && child.children?.[0]?.value === key)
      return this.#positionAt((named ?? node).offset)
    }
    return { line: 1, column: 1 }
  }

  /** `JSON.parse` takes the last of two equal keys; a person reads the first. */
  #refuseOddKeys(node: Node): void {
    const seen = new Set<string>()
    for (const child of node.children ?? []) {
      if (child.type === 'property') {
        const key = child.children?.[0]
        const name = String(key?.value)
        if (seen.has(name) || name === '__proto__') {
          const problem = seen.has(name) ? 'stands twice in its object' : 'is not a key that can be used'
          throw this.#syntaxError(child.offset, `${JSON.stringify(name.slice(0, 100))} ${problem}`)
        }
        seen.add(name)
      }
      this.#refuseOddKeys(child)
    }
  }

  #positionAt(offset: number): TextPosition {
    const before = this.#text.slice(0, offset).split(/\r\n|\r|\n/)
    return { line: before.length, column: before.at(-1)!.length + 1 }
  }

  #syntaxError(offset: number, problem: string): IsoletteError {
    const { line, column } = this.#positionAt(offset)
    return new IsoletteError('bad_configuration', `${this.file}:${line}:${column}: ${problem}`, {
      details: { file: this.file, path: '', line, column },
    })
  }
}

function parse(text: string, problems: ParseError[]): Node | undefined {
  try {
    return parseTree(text, problems, { allowTrailingComma: true })
  } catch (error) {
    // The parser recurses: a few thousand brackets exhaust the stack.
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** `PropertyNameExpected` → `property name expected` */
function wordsOf(code: string): string {
  return code.replace(/(?<!^)[A-Z]/g, (letter) => ` ${letter}`).toLowerCase()
}
