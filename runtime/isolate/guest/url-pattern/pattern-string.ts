import { regExpExec, stringSlice } from '../primordials.ts'
import { canonicalProtocol } from './pattern-canonical.ts'
import { type Component, compileComponent } from './pattern-component.ts'
import { newInit, type PatternInit } from './pattern-init.ts'
import { type Token, tokenize } from './pattern-tokens.ts'

type State =
  | 'init'
  | 'protocol'
  | 'authority'
  | 'username'
  | 'password'
  | 'hostname'
  | 'port'
  | 'pathname'
  | 'search'
  | 'hash'
  | 'done'

const order: Readonly<Record<State, number>> = {
  init: 0,
  protocol: 1,
  authority: 2,
  username: 3,
  password: 4,
  hostname: 5,
  port: 6,
  pathname: 7,
  search: 8,
  hash: 9,
  done: 10,
}

/** Divides a pattern that is one text, as `https://*.example.com/:id`, into the components of a URL. */
export function parsePatternString(pattern: string): PatternInit {
  return new PatternStringParser(pattern).parse()
}

class PatternStringParser {
  readonly #pattern: string
  readonly #tokens: readonly Token[]
  readonly #result = newInit()
  #state: State = 'init'
  #at = 0
  #step = 1
  #componentStart = 0
  #groupDepth = 0
  #bracketDepth = 0
  #isSpecial = false

  constructor(pattern: string) {
    this.#pattern = pattern
    this.#tokens = tokenize(pattern, true)
  }

  parse(): PatternInit {
    for (; this.#at < this.#tokens.length && this.#state !== 'done'; this.#at += this.#step) {
      this.#step = 1
      const { type } = this.#tokens[this.#at]!
      if (type === 'end') this.#end()
      else if (type === 'open') this.#groupDepth++
      else if (this.#groupDepth > 0) {
        if (type === 'close') this.#groupDepth--
      } else this.#read()
    }
    // A pattern that names a host means its scheme's own port.
    if (this.#result.hostname !== undefined && this.#result.port === undefined) this.#result.port = ''
    return this.#result
  }

  #end(): void {
    if (this.#state === 'init') {
      this.#rewind()
      if (this.#isChar(0, '#')) this.#change('hash', 1)
      else if (this.#isSearchPrefix()) this.#change('search', 1)
      else this.#change('pathname', 0)
    } else if (this.#state === 'authority') this.#rewindTo('hostname')
    else this.#change('done', 0)
  }

  #read(): void {
    switch (this.#state) {
      case 'init':
        if (this.#isChar(0, ':')) this.#rewindTo('protocol')
        return
      case 'protocol':
        if (this.#isChar(0, ':')) this.#readProtocol()
        return
      case 'authority':
        if (this.#isChar(0, '@')) this.#rewindTo('username')
        else if (this.#isChar(0, '/') || this.#isSearchPrefix() || this.#isChar(0, '#'))
          this.#rewindTo('hostname')
        return
      case 'username':
        if (this.#isChar(0, ':')) this.#change('password', 1)
        else if (this.#isChar(0, '@')) this.#change('hostname', 1)
        return
      case 'password':
        if (this.#isChar(0, '@')) this.#change('hostname', 1)
        return
      case 'hostname':
        if (this.#isChar(0, '[')) this.#bracketDepth++
        else if (this.#isChar(0, ']')) this.#bracketDepth--
        else if (this.#isChar(0, ':') && this.#bracketDepth === 0) this.#change('port', 1)
        else this.#readFrom('pathname')
        return
      case 'port':
        this.#readFrom('pathname')
        return
      case 'pathname':
        this.#readFrom('search')
        return
      case 'search':
        this.#readFrom('hash')
    }
  }

  #readProtocol(): void {
    this.#isSpecial = matchesSpecialScheme(
      compileComponent(this.#componentText(), canonicalProtocol, { delimiter: '', prefix: '' }, false),
    )
    if (this.#isChar(1, '/') && this.#isChar(2, '/')) this.#change('authority', 3)
    else this.#change(this.#isSpecial ? 'authority' : 'pathname', 1)
  }

  /** Goes on if the token begins one of the components from `first` on. */
  #readFrom(first: 'pathname' | 'search' | 'hash'): void {
    if (first === 'pathname' && this.#isChar(0, '/')) this.#change('pathname', 0)
    else if (first !== 'hash' && this.#isSearchPrefix()) this.#change('search', 1)
    else if (this.#isChar(0, '#')) this.#change('hash', 1)
  }

  /** The component ends; the next one begins `skipped` tokens on. Those in between that are not named are empty. */
  #change(state: State, skipped: number): void {
    const result = this.#result
    const from = this.#state
    if (from !== 'init' && from !== 'authority' && from !== 'done') result[from] = this.#componentText()
    if (from !== 'init' && state !== 'done') {
      if (order[from] <= order.password && order[state] >= order.port) result.hostname ??= ''
      if (order[from] <= order.port && order[state] >= order.search) {
        result.pathname ??= this.#isSpecial ? '/' : ''
      }
      if (order[from] <= order.pathname && state === 'hash') result.search ??= ''
    }
    this.#state = state
    this.#at += skipped
    this.#componentStart = this.#at
    this.#step = 0
  }

  #rewindTo(state: State): void {
    this.#rewind()
    this.#state = state
  }

  #rewind(): void {
    this.#at = this.#componentStart
    this.#step = 0
  }

  /** Whether the token there is just that character. */
  #isChar(ahead: number, value: string): boolean {
    const token = this.#tokens[this.#at + ahead]
    if (token?.value !== value) return false
    return token.type === 'char' || token.type === 'escaped-char' || token.type === 'invalid-char'
  }

  /** `?` may also be the modifier of what stands before it. */
  #isSearchPrefix(): boolean {
    if (this.#isChar(0, '?')) return true
    if (this.#tokens[this.#at]!.value !== '?') return false
    switch (this.#tokens[this.#at - 1]?.type) {
      case 'name':
      case 'regexp':
      case 'close':
      case 'asterisk':
        return false
    }
    return true
  }

  #componentText(): string {
    const start = this.#tokens[this.#componentStart]!
    return stringSlice(this.#pattern, start.index, this.#tokens[this.#at]!.index)
  }
}

const specialSchemes = ['http', 'https', 'ws', 'wss', 'ftp', 'file'] as const

/** Whether the component takes the scheme of a URL whose path is made of segments. */
export function matchesSpecialScheme({ regExp }: Component): boolean {
  for (let index = 0; index < specialSchemes.length; index++) {
    if (regExpExec(regExp, specialSchemes[index]!) !== null) return true
  }
  return false
}
