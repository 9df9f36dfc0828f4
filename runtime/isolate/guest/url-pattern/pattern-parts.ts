import { newList } from '../language/list.ts'
import { TypeError } from '../primordials.ts'
import { escapeRegExp } from './pattern-escapes.ts'
import { type Token, type TokenType, tokenize } from './pattern-tokens.ts'

export type Modifier = '' | '?' | '*' | '+'

export interface Part {
  readonly type: 'fixed-text' | 'regexp' | 'segment-wildcard' | 'full-wildcard'
  /** The text, or the regular expression. */
  readonly value: string
  readonly modifier: Modifier
  /** '' for a fixed text, a number if the pattern gives no name. */
  readonly name: string
  readonly prefix: string
  readonly suffix: string
}

/** How a component is divided. */
export interface PartOptions {
  /** What ends a segment, '' = nothing does. */
  readonly delimiter: string
  /** What is taken to belong to a group that it stands before. */
  readonly prefix: string
}

/** Puts text into the form that it has in a URL. @throws TypeError if it has none */
export type Canonicalize = (text: string) => string

export const fullWildcard = '.*'

export function segmentWildcard({ delimiter }: PartOptions): string {
  return `[^${escapeRegExp(delimiter)}]+?`
}

/** @throws TypeError if it is no pattern. */
export function parseParts(
  pattern: string,
  options: PartOptions,
  canonicalize: Canonicalize,
): readonly Part[] {
  return new PartParser(pattern, options, canonicalize).parse()
}

class PartParser {
  readonly #pattern: string
  readonly #tokens: readonly Token[]
  readonly #options: PartOptions
  readonly #canonicalize: Canonicalize
  readonly #parts = newList<Part>()
  #at = 0
  #pendingText = ''
  #nextName = 0

  constructor(pattern: string, options: PartOptions, canonicalize: Canonicalize) {
    this.#pattern = pattern
    this.#tokens = tokenize(pattern, false)
    this.#options = options
    this.#canonicalize = canonicalize
  }

  parse(): readonly Part[] {
    while (this.#at < this.#tokens.length) {
      const char = this.#take('char')
      const name = this.#take('name')
      const matcher = this.#takeMatcher(name)
      if (name !== null || matcher !== null) {
        let prefix = char?.value ?? ''
        if (prefix !== '' && prefix !== this.#options.prefix) {
          this.#pendingText += prefix
          prefix = ''
        }
        this.#addPendingText()
        this.#addPart(prefix, name, matcher, '')
        continue
      }
      const fixed = char ?? this.#take('escaped-char')
      if (fixed !== null) {
        this.#pendingText += fixed.value
        continue
      }
      if (this.#take('open') !== null) {
        this.#parseGroup()
        continue
      }
      this.#addPendingText()
      this.#need('end')
    }
    return this.#parts
  }

  #parseGroup(): void {
    const prefix = this.#takeText()
    const name = this.#take('name')
    const matcher = this.#takeMatcher(name)
    const suffix = this.#takeText()
    this.#need('close')
    this.#addPart(prefix, name, matcher, suffix)
  }

  #take(type: TokenType): Token | null {
    const token = this.#tokens[this.#at]
    if (token?.type !== type) return null
    this.#at++
    return token
  }

  #need(type: TokenType): void {
    if (this.#take(type) !== null) return
    const { index, value } = this.#tokens[this.#at]!
    throw new TypeError(`Cannot read pattern ${this.#pattern}: mistake at ${index}, "${value}"`)
  }

  #takeMatcher(name: Token | null): Token | null {
    return this.#take('regexp') ?? (name === null ? this.#take('asterisk') : null)
  }

  #takeText(): string {
    let text = ''
    for (;;) {
      const token = this.#take('char') ?? this.#take('escaped-char')
      if (token === null) return text
      text += token.value
    }
  }

  #takeModifier(): Modifier {
    const token = this.#take('other-modifier') ?? this.#take('asterisk')
    return (token?.value ?? '') as Modifier
  }

  #addPendingText(): void {
    if (this.#pendingText === '') return
    const value = this.#canonicalize(this.#pendingText)
    this.#pendingText = ''
    this.#add({ type: 'fixed-text', value, modifier: '', name: '', prefix: '', suffix: '' })
  }

  #addPart(prefix: string, nameToken: Token | null, matcher: Token | null, suffix: string): void {
    const modifier = this.#takeModifier()
    if (nameToken === null && matcher === null && modifier === '') {
      this.#pendingText += prefix
      return
    }
    this.#addPendingText()
    if (nameToken === null && matcher === null) {
      if (prefix === '') return
      const value = this.#canonicalize(prefix)
      this.#add({ type: 'fixed-text', value, modifier, name: '', prefix: '', suffix: '' })
      return
    }
    const name = nameToken?.value ?? `${this.#nextName++}`
    for (let index = 0; index < this.#parts.length; index++) {
      if (this.#parts[index]!.name === name) {
        throw new TypeError(`Cannot read pattern ${this.#pattern}: the name ${name} stands there twice`)
      }
    }
    this.#add({
      ...matchedBy(matcher, this.#options),
      modifier,
      name,
      prefix: this.#canonicalize(prefix),
      suffix: this.#canonicalize(suffix),
    })
  }

  #add(part: Part): void {
    this.#parts[this.#parts.length] = part
  }
}

function matchedBy(matcher: Token | null, options: PartOptions): Pick<Part, 'type' | 'value'> {
  if (matcher === null || matcher.value === segmentWildcard(options)) {
    return { type: 'segment-wildcard', value: '' }
  }
  if (matcher.type === 'asterisk' || matcher.value === fullWildcard) {
    return { type: 'full-wildcard', value: '' }
  }
  return { type: 'regexp', value: matcher.value }
}
