import { defineOwn } from '../language/define-own.ts'
import { stringSlice, TypeError } from '../primordials.ts'
import { parse } from '../url/url-parse.ts'
import {
  canonicalHash,
  canonicalHostname,
  canonicalIpv6Hostname,
  canonicalOpaquePathname,
  canonicalPassword,
  canonicalPathname,
  canonicalPort,
  canonicalProtocol,
  canonicalSearch,
  canonicalUsername,
  defaultPort,
} from './pattern-canonical.ts'
import {
  type Component,
  type ComponentResult,
  compileComponent,
  matchComponent,
} from './pattern-component.ts'
import { type PatternInit, processInit } from './pattern-init.ts'
import { matchesSpecialScheme, parsePatternString } from './pattern-string.ts'

type ComponentName = Exclude<keyof PatternInit, 'baseURL'>
export type Components = Readonly<Record<ComponentName, Component>>
type ComponentTexts = Readonly<Record<ComponentName, string>>

export type URLPatternResult = Readonly<Record<ComponentName, ComponentResult>> & {
  readonly inputs: readonly (string | PatternInit)[]
}

const plain = { delimiter: '', prefix: '' } as const
const ofHostname = { delimiter: '.', prefix: '' } as const
const ofPathname = { delimiter: '/', prefix: '/' } as const

/** What a pattern says about each component, `*` where it says nothing. */
export function completePattern(input: string | PatternInit, base: string | null): ComponentTexts {
  let init: PatternInit
  if (typeof input === 'string') {
    init = parsePatternString(input)
    if (base !== null) init.baseURL = base
    else if (init.protocol === undefined) {
      throw new TypeError(`Cannot read pattern ${input}: it has no protocol, must have one or a base URL`)
    }
  } else {
    if (base !== null) throw baseAndObject()
    init = input
  }
  const given = processInit(init, 'pattern')
  const texts = {
    protocol: '*',
    username: '*',
    password: '*',
    hostname: '*',
    port: '*',
    pathname: '*',
    search: '*',
    hash: '*',
    ...given,
  }
  if (texts.port !== '' && defaultPort(texts.protocol) === texts.port) texts.port = ''
  return texts
}

export function compilePattern(texts: ComponentTexts, ignoresCase: boolean): Components {
  const protocol = compileComponent(texts.protocol, canonicalProtocol, plain, false)
  const hasSegments = matchesSpecialScheme(protocol)
  const canonicalHost = isIpv6(texts.hostname) ? canonicalIpv6Hostname : canonicalHostname
  return {
    protocol,
    username: compileComponent(texts.username, canonicalUsername, plain, false),
    password: compileComponent(texts.password, canonicalPassword, plain, false),
    hostname: compileComponent(texts.hostname, canonicalHost, ofHostname, false),
    port: compileComponent(texts.port, canonicalPort, plain, false),
    pathname: hasSegments
      ? compileComponent(texts.pathname, canonicalPathname, ofPathname, ignoresCase)
      : compileComponent(texts.pathname, canonicalOpaquePathname, plain, ignoresCase),
    search: compileComponent(texts.search, canonicalSearch, plain, ignoresCase),
    hash: compileComponent(texts.hash, canonicalHash, plain, ignoresCase),
  }
}

/**
 * What each component of a URL matches; null if one does not, or what is given is no URL.
 *
 * @throws TypeError if there is a base URL although an object is given, which holds its own
 */
export function matchPattern(
  components: Components,
  input: string | PatternInit,
  base: string | null,
): URLPatternResult | null {
  if (typeof input !== 'string' && base !== null) throw baseAndObject()
  const texts = typeof input === 'string' ? textsOfUrl(input, base) : textsOfInit(input)
  if (texts === null) return null
  const results = {}
  const shown = typeof input === 'string' ? input : { ...input }
  defineOwn(results, 'inputs', base === null ? [shown] : [shown, base])
  for (let index = 0; index < names.length; index++) {
    const name = names[index]!
    const result = matchComponent(components[name], texts[name])
    if (result === null) return null
    defineOwn(results, name, result)
  }
  return results as URLPatternResult
}

const names = ['protocol', 'username', 'password', 'hostname', 'port', 'pathname', 'search', 'hash'] as const

function textsOfUrl(url: string, base: string | null): ComponentTexts | null {
  const record = parse(url, base ?? undefined)
  if (record === null) return null
  return {
    protocol: stringSlice(record.protocol, 0, record.protocol.length - 1),
    username: record.username,
    password: record.password,
    hostname: record.hostname,
    port: stringSlice(record.portPart, 1),
    pathname: record.pathname,
    search: stringSlice(record.search, 1),
    hash: stringSlice(record.hash, 1),
  }
}

function textsOfInit(init: PatternInit): ComponentTexts | null {
  try {
    return { ...nothing, ...processInit(init, 'url') }
  } catch {
    return null
  }
}

const nothing: ComponentTexts = {
  protocol: '',
  username: '',
  password: '',
  hostname: '',
  port: '',
  pathname: '',
  search: '',
  hash: '',
}

function baseAndObject(): TypeError {
  return new TypeError('Cannot use a base URL: the object that is given holds its own')
}

function isIpv6(hostname: string): boolean {
  if (hostname.length < 2) return false
  if (hostname[0] === '[') return true
  return (hostname[0] === '{' || hostname[0] === '\\') && hostname[1] === '['
}
