import { LRUCache } from 'lru-cache'
import type { RouteEntry, RouteLookup } from '../model/route.ts'
import { firstSegment, hostName, openBucket } from '../model/route-bucket.ts'
import { RouteMatcher } from '../model/route-matcher.ts'
import { type AtRevision, ViewCache } from './view-cache.ts'

/** Also of paths and hosts without routes, which strangers choose: these must not fill the memory. */
const maxBuckets = 10_000
const maxHosts = 10_000

/** Longer first segments and hosts, and hosts of other characters, are in no route. */
const maxPrefixChars = 1024
const possibleHost = /^[a-z0-9_.:[\]-]{1,253}$/

const notFound: RouteLookup = Object.freeze({ kind: 'not_found' })

export interface RouteSourceTable {
  readonly readBucket: (key: string) => AtRevision<readonly RouteEntry[]>
  /** Whether any route names this host. */
  readonly hasHost: (host: string) => boolean
}

/** All routes, of which it holds the buckets that were asked for. Runs for each request. */
export class RouteTable {
  readonly #buckets: ViewCache<RouteMatcher>
  readonly #hosts = new LRUCache<string, boolean>({ max: maxHosts })
  readonly #hasHost: (host: string) => boolean
  // Clients of one connection, and mostly of all, send the same host.
  #lastHeader = ''
  #lastHost = ''

  constructor(source: RouteSourceTable) {
    this.#buckets = new ViewCache(maxBuckets, (key) => compile(source.readBucket(key)))
    this.#hasHost = source.hasHost
  }

  /**
   * The route for a request. A route for the host wins over one for any host, whatever its path; then the more specific
   * path wins, then one with a method.
   *
   * @param path without query, as it was sent
   */
  find(hostHeader: string, method: string, path: string): RouteLookup {
    const prefix = firstSegment(path)
    if (!path.startsWith('/')) return notFound
    const host = this.#hostWithRoutes(hostHeader)
    const found =
      (host === '' ? null : this.#findIn(host, prefix, method, path)) ??
      this.#findIn('', prefix, method, path)
    return found ?? this.#refuse(host, prefix, path)
  }

  replace(key: string, { revision, value }: AtRevision<readonly RouteEntry[]>): void {
    this.#buckets.replace(key, compile({ revision, value }))
    // Whether the host still has routes is asked again.
    this.#hosts.delete(key.slice(0, key.indexOf('/')))
  }

  clear(): void {
    this.#buckets.clear()
    this.#hosts.clear()
  }

  #findIn(host: string, prefix: string, method: string, path: string): RouteLookup | null {
    const literal =
      prefix.length > maxPrefixChars ? null : this.#buckets.get(host + prefix).find(method, path)
    return literal ?? this.#buckets.get(host + openBucket).find(method, path)
  }

  #refuse(host: string, prefix: string, path: string): RouteLookup {
    const methods = new Set<string>()
    for (const each of new Set([host, ''])) {
      if (prefix.length <= maxPrefixChars) this.#buckets.get(each + prefix).collectMethods(path, methods)
      this.#buckets.get(each + openBucket).collectMethods(path, methods)
    }
    return methods.size === 0 ? notFound : { kind: 'method_not_allowed', allow: [...methods].sort() }
  }

  /** The host of a request, or '' if no route names it. */
  #hostWithRoutes(header: string): string {
    if (header !== this.#lastHeader) {
      this.#lastHost = hostName(header)
      this.#lastHeader = header
    }
    const host = this.#lastHost
    let hasRoutes = this.#hosts.get(host)
    if (hasRoutes === undefined) {
      hasRoutes = possibleHost.test(host) && this.#hasHost(host)
      this.#hosts.set(host, hasRoutes)
    }
    return hasRoutes ? host : ''
  }
}

function compile({ revision, value }: AtRevision<readonly RouteEntry[]>): AtRevision<RouteMatcher> {
  return { revision, value: new RouteMatcher(value) }
}
