import { IsoletteError } from './errors.ts'
import { formatQualifier, parseQualifier } from './qualifier.ts'
import { formatRoute, type RoutePattern } from './route.ts'

/** A route as people write it in parts. */
export interface RouteSource {
  readonly host?: string | null
  readonly method?: string | null
  readonly path: string
  readonly qualifier?: string | null
}

export const routeLimits = {
  maxRoutesPerFunction: 100,
  maxPathChars: 1024,
  maxSegments: 32,
} as const

const methodPattern = /^[A-Z][A-Z-]{0,31}$/
const hostPattern =
  /^(?=.{1,253}$)(?:[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*|\[[0-9a-f:.]+\])$/
const paramPattern = /^[A-Za-z_][A-Za-z0-9_]*$/
// RFC 3986 `pchar` without `*`, which in a pattern means the rest of the path.
const literalPattern = /^(?:[A-Za-z0-9\-._~!$&'()+,;=:@]|%[0-9A-Fa-f]{2})*$/

/**
 * Reads `"/path"`, `"GET /path"`, `"example.com/path"`, `"GET example.com/path"`, or the same in parts.
 *
 * Methods become upper case and hosts lower case. A request's path is compared as it was sent, without decoding (or
 * `%2F` could pretend to be a `/`), so what is not ASCII in a pattern is percent-encoded here as clients encode it.
 *
 * @throws IsoletteError `bad_route`, `bad_qualifier`
 */
export function parseRoutePattern(source: string | RouteSource): RoutePattern {
  const parts = typeof source === 'string' ? splitRoute(source) : source
  return {
    host: parts.host == null ? null : checkHost(parts.host.toLowerCase()),
    method: parts.method == null ? null : checkMethod(parts.method.toUpperCase()),
    path: checkPath(parts.path),
    qualifier: parts.qualifier == null ? null : formatQualifier(parseQualifier(parts.qualifier)),
  }
}

/**
 * Reads the routes of one function.
 *
 * @throws IsoletteError `bad_route` (also if there are more than 100, or two that take the same requests), `bad_qualifier`
 */
export function parseRoutes(sources: readonly (string | RouteSource)[]): readonly RoutePattern[] {
  const { maxRoutesPerFunction } = routeLimits
  if (sources.length > maxRoutesPerFunction) {
    throw new IsoletteError(
      'bad_route',
      `Cannot use ${sources.length} routes for one function: must be at most ${maxRoutesPerFunction}`,
    )
  }
  const routes = sources.map(parseRoutePattern)
  const seen = new Set<string>()
  for (const route of routes) {
    const shape = routeShape(route)
    if (seen.has(shape)) {
      throw new IsoletteError(
        'bad_route',
        `Cannot use route ${JSON.stringify(formatRoute(route))} twice for one function: must be listed once`,
      )
    }
    seen.add(shape)
  }
  return routes
}

/**
 * Two routes with the same shape take exactly the same requests with the same precedence, so only one of them can exist:
 * same host, same method (`null` only equals `null`), same path up to the names of its params.
 */
export function routeShape(route: RoutePattern): string {
  return `${route.method ?? ''} ${route.host ?? ''}${route.path.replaceAll(/\/:[^/]*/g, '/:')}`
}

function splitRoute(text: string): RouteSource {
  if (text.startsWith('/')) return { path: text }
  const space = text.indexOf(' ')
  const method = space === -1 ? null : text.slice(0, space)
  const rest = text.slice(space + 1)
  const slash = rest.indexOf('/')
  if (slash === -1) throw badRoute(text, 'it has no path', 'like "GET example.com/api/:id" or "/api/*"')
  return { method, host: slash === 0 ? null : rest.slice(0, slash), path: rest.slice(slash) }
}

function checkMethod(method: string): string {
  if (!methodPattern.test(method)) throw badRoute(method, 'method', 'letters like GET')
  return method
}

function checkHost(host: string): string {
  if (!hostPattern.test(host)) {
    throw badRoute(host, 'host', 'a name or address without port (punycode if it is not ASCII)')
  }
  return host
}

function checkPath(path: string): string {
  if (!path.startsWith('/')) throw badRoute(path, 'path', 'one that begins with /')
  if (!path.isWellFormed()) throw badRoute(path.toWellFormed(), 'path', 'well-formed Unicode')
  const names = new Set<string>()
  const segments = path.slice(1).split('/')
  const encoded = segments.map((segment, index) => {
    if (segment === '*' && index === segments.length - 1) return segment
    if (segment.startsWith(':')) return checkParam(path, segment, names)
    return checkLiteral(path, segment)
  })
  const { maxPathChars, maxSegments } = routeLimits
  if (segments.length > maxSegments) {
    throw badRoute(path, `${segments.length} segments`, `at most ${maxSegments}`)
  }
  const checked = `/${encoded.join('/')}`
  if (checked.length > maxPathChars) {
    throw badRoute(path, `${checked.length} characters`, `at most ${maxPathChars}`)
  }
  return checked
}

function checkParam(path: string, segment: string, names: Set<string>): string {
  const name = segment.slice(1)
  // `params.__proto__ = …` would not add a property.
  if (!paramPattern.test(name) || name === '__proto__') {
    throw badRoute(
      path,
      `param ${JSON.stringify(segment)}`,
      `: and a name that matches ${paramPattern.source}`,
    )
  }
  if (names.has(name)) throw badRoute(path, `param ${JSON.stringify(segment)} twice`, 'named once in a path')
  names.add(name)
  return segment
}

function checkLiteral(path: string, segment: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII stays as it is written
  const encoded = segment.replace(/[^\x00-\x7f]+/g, encodeURIComponent)
  if (!literalPattern.test(encoded)) {
    throw badRoute(
      path,
      `segment ${JSON.stringify(segment)}`,
      'characters of a URL path; :name for one segment; * only as the last segment',
    )
  }
  if (segment === '.' || segment === '..') {
    throw badRoute(path, `segment ${JSON.stringify(segment)}`, 'a name: clients resolve dots before they ask')
  }
  return encoded.replace(/%[0-9A-Fa-f]{2}/g, (code) => code.toUpperCase())
}

function badRoute(route: string, problem: string, allowed: string): IsoletteError {
  const shown = JSON.stringify(route.slice(0, 200))
  return new IsoletteError('bad_route', `Cannot use route ${shown}: ${problem}, must be ${allowed}`)
}
