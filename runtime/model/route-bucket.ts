/**
 * Routes are kept in buckets, so that a worker reads only the few that a request could match: one bucket for each host
 * (or any) and first path segment. Patterns whose first segment is a param or `*` share the bucket `/*` of their host.
 */

import type { RoutePattern } from './route.ts'

/** Key of a host's bucket for paths that begin with a param or `*`; no literal segment can be `*`. */
export const openBucket = '/*'

/** `example.com/api`, or `/api` for any host. */
export function bucketKey(route: Pick<RoutePattern, 'host' | 'path'>): string {
  const prefix = firstSegment(route.path)
  return (route.host ?? '') + (prefix.startsWith('/:') ? openBucket : prefix)
}

/** `/api` of `/api/users`; `/` of `/`. */
export function firstSegment(path: string): string {
  const end = path.indexOf('/', 1)
  return end === -1 ? path : path.slice(0, end)
}

/** A `Host` header as patterns write it: in lower case, without port. */
export function hostName(header: string): string {
  const bracket = header.startsWith('[') ? header.indexOf(']') : 0
  const colon = header.indexOf(':', bracket === -1 ? 0 : bracket)
  return (colon === -1 ? header : header.slice(0, colon)).toLowerCase()
}
