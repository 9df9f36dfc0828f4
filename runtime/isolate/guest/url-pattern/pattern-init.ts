import { stringIndexOf, stringSlice, stringStartsWith, TypeError } from '../primordials.ts'
import { parse } from '../url/url-parse.ts'
import type { UrlRecord } from '../url/url-record.ts'
import {
  canonicalHash,
  canonicalHostname,
  canonicalOpaquePathname,
  canonicalPassword,
  canonicalPathname,
  canonicalPort,
  canonicalProtocol,
  canonicalSearch,
  canonicalUsername,
  defaultPort,
} from './pattern-canonical.ts'
import { escapePattern } from './pattern-escapes.ts'

export interface PatternInit {
  protocol?: string
  username?: string
  password?: string
  hostname?: string
  port?: string
  pathname?: string
  search?: string
  hash?: string
  baseURL?: string
}

/** An empty one, without a prototype that the function could have put setters on. */
export function newInit(): PatternInit {
  return { __proto__: null } as PatternInit
}

/** Whether the texts are patterns, which are put into form when they are compiled, or parts of a URL. */
type Kind = 'pattern' | 'url'

/**
 * Completes what is given of a pattern or of a URL: with what it inherits from its base, in the form that it has in a
 * URL. `init` is nobody else's.
 *
 * @throws TypeError if a text cannot stand where it stands
 */
export function processInit(init: PatternInit, kind: Kind): PatternInit {
  const base = init.baseURL === undefined ? null : parse(init.baseURL)
  if (init.baseURL !== undefined && base === null) {
    throw new TypeError(`Cannot use base URL "${init.baseURL}": it does not parse`)
  }
  const result = base === null ? newInit() : inherited(init, base, kind)
  const { protocol, username, password, hostname, port, pathname, search, hash } = init
  const form = (canonicalize: (text: string) => string, text: string): string =>
    kind === 'pattern' ? text : canonicalize(text)
  if (protocol !== undefined) {
    const bare =
      protocol[protocol.length - 1] === ':' ? stringSlice(protocol, 0, protocol.length - 1) : protocol
    result.protocol = form(canonicalProtocol, bare)
  }
  if (username !== undefined) result.username = form(canonicalUsername, username)
  if (password !== undefined) result.password = form(canonicalPassword, password)
  if (hostname !== undefined) result.hostname = form(canonicalHostname, hostname)
  if (port !== undefined) result.port = form((text) => canonicalPort(text, result.protocol), port)
  if (pathname !== undefined) {
    const path = resolvePath(pathname, base, kind)
    const isSpecial = !result.protocol || defaultPort(result.protocol) !== undefined
    result.pathname = form(isSpecial ? canonicalPathname : canonicalOpaquePathname, path)
  }
  if (search !== undefined) result.search = form(canonicalSearch, withoutSign(search, '?'))
  if (hash !== undefined) result.hash = form(canonicalHash, withoutSign(hash, '#'))
  return result
}

/** What stands left of the first component that is given is the base's; user and password never become a pattern's. */
function inherited(init: PatternInit, base: UrlRecord, kind: Kind): PatternInit {
  const text = (value: string): string => (kind === 'pattern' ? escapePattern(value) : value)
  const result = newInit()
  const { protocol, username, password, hostname, port, pathname, search, hash } = init
  if (protocol === undefined) result.protocol = text(stringSlice(base.protocol, 0, base.protocol.length - 1))
  const isSameHost = protocol === undefined && hostname === undefined
  const isSamePort = isSameHost && port === undefined
  if (kind === 'url' && isSamePort && username === undefined) {
    result.username = base.username
    if (password === undefined) result.password = base.password
  }
  if (!isSameHost) return result
  result.hostname = text(base.hostname)
  if (!isSamePort) return result
  result.port = text(stringSlice(base.portPart, 1))
  if (pathname !== undefined) return result
  result.pathname = text(base.pathname)
  if (search !== undefined) return result
  result.search = text(stringSlice(base.search, 1))
  if (hash === undefined) result.hash = text(stringSlice(base.hash, 1))
  return result
}

function resolvePath(pathname: string, base: UrlRecord | null, kind: Kind): string {
  if (base === null || isAbsolutePath(pathname, kind)) return pathname
  const isOpaque = !base.hasAuthority && !stringStartsWith(base.pathname, '/')
  if (isOpaque) return pathname
  const basePath = kind === 'pattern' ? escapePattern(base.pathname) : base.pathname
  let slash = -1
  for (let at = 0; at !== -1; at = stringIndexOf(basePath, '/', at + 1)) if (basePath[at] === '/') slash = at
  return slash === -1 ? pathname : stringSlice(basePath, 0, slash + 1) + pathname
}

function isAbsolutePath(pathname: string, kind: Kind): boolean {
  if (stringStartsWith(pathname, '/')) return true
  return kind === 'pattern' && (stringStartsWith(pathname, '\\/') || stringStartsWith(pathname, '{/'))
}

function withoutSign(text: string, sign: string): string {
  return stringStartsWith(text, sign) ? stringSlice(text, 1) : text
}
