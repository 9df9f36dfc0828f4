import { tagClass } from '../boot/class-tag.ts'
import { toDictionary } from '../language/web-idl.ts'
import { stringToWellFormed } from '../primordials.ts'
import {
  type Components,
  compilePattern,
  completePattern,
  matchPattern,
  type URLPatternResult,
} from './pattern-components.ts'
import { newInit, type PatternInit } from './pattern-init.ts'

export interface URLPatternOptions {
  ignoreCase?: boolean
}

/** The URL Pattern standard's `URLPattern`. */
export class URLPattern {
  readonly #components: Components

  constructor(
    input: string | PatternInit = {},
    baseOrOptions: string | URLPatternOptions | undefined = undefined,
    options: URLPatternOptions | undefined = undefined,
  ) {
    const hasBase = typeof baseOrOptions === 'string' || arguments.length > 2
    const base = hasBase ? stringToWellFormed(`${baseOrOptions as string}`) : null
    const { ignoreCase } = toDictionary(hasBase ? options : (baseOrOptions as URLPatternOptions | undefined))
    this.#components = compilePattern(completePattern(readInput(input), base), !!ignoreCase)
  }

  get protocol(): string {
    return this.#components.protocol.pattern
  }

  get username(): string {
    return this.#components.username.pattern
  }

  get password(): string {
    return this.#components.password.pattern
  }

  get hostname(): string {
    return this.#components.hostname.pattern
  }

  get port(): string {
    return this.#components.port.pattern
  }

  get pathname(): string {
    return this.#components.pathname.pattern
  }

  get search(): string {
    return this.#components.search.pattern
  }

  get hash(): string {
    return this.#components.hash.pattern
  }

  get hasRegExpGroups(): boolean {
    const { protocol, username, password, hostname, port, pathname, search, hash } = this.#components
    return (
      protocol.hasRegExpGroups ||
      username.hasRegExpGroups ||
      password.hasRegExpGroups ||
      hostname.hasRegExpGroups ||
      port.hasRegExpGroups ||
      pathname.hasRegExpGroups ||
      search.hasRegExpGroups ||
      hash.hasRegExpGroups
    )
  }

  test(input: string | PatternInit = {}, baseURL: string | undefined = undefined): boolean {
    return matchPattern(this.#components, readInput(input), readBase(baseURL)) !== null
  }

  exec(input: string | PatternInit = {}, baseURL: string | undefined = undefined): URLPatternResult | null {
    return matchPattern(this.#components, readInput(input), readBase(baseURL))
  }
}

tagClass(URLPattern, 'URLPattern')

function readBase(baseURL: unknown): string | null {
  return baseURL === undefined ? null : stringToWellFormed(`${baseURL as string}`)
}

/** A copy of the dictionary, or text. */
function readInput(input: unknown): string | PatternInit {
  const isObject = (typeof input === 'object' && input !== null) || typeof input === 'function'
  if (!isObject && input !== undefined && input !== null) return stringToWellFormed(`${input as string}`)
  const given = toDictionary(input as PatternInit | undefined)
  const init = newInit()
  for (let index = 0; index < members.length; index++) {
    const name = members[index]!
    const value = given[name]
    if (value !== undefined) init[name] = stringToWellFormed(`${value}`)
  }
  return init
}

/** In the order in which Web IDL reads them. */
const members = [
  'baseURL',
  'hash',
  'hostname',
  'password',
  'pathname',
  'port',
  'protocol',
  'search',
  'username',
] as const
