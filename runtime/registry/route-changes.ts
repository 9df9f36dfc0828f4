import { IsoletteError } from '../model/errors.ts'
import { formatRoute, type RouteEntry } from '../model/route.ts'
import { bucketKey } from '../model/route-bucket.ts'
import { routeShape } from '../model/route-pattern.ts'

/**
 * What the route buckets become when one function's routes change: each touched bucket, whole. A bucket without routes is
 * an empty list.
 *
 * @throws IsoletteError `route_conflict` naming both routes, if another function answers the same requests
 */
export function replaceRoutes(
  functionName: string,
  routes: { readonly old: readonly RouteEntry[]; readonly new: readonly RouteEntry[] },
  readBucket: (key: string) => readonly RouteEntry[],
): ReadonlyMap<string, readonly RouteEntry[]> {
  const buckets = new Map<string, readonly RouteEntry[]>()
  const added = Map.groupBy(routes.new, bucketKey)
  for (const key of new Set([...routes.old.map(bucketKey), ...added.keys()])) {
    const others = readBucket(key).filter((entry) => entry.functionName !== functionName)
    const mine = added.get(key) ?? []
    checkConflicts(mine, others)
    buckets.set(key, [...others, ...mine])
  }
  return buckets
}

function checkConflicts(mine: readonly RouteEntry[], others: readonly RouteEntry[]): void {
  const taken = new Map(others.map((entry) => [routeShape(entry), entry]))
  for (const route of mine) {
    const other = taken.get(routeShape(route))
    if (other !== undefined) throw conflict(route, other)
  }
}

function conflict(route: RouteEntry, other: RouteEntry): IsoletteError {
  const [mine, theirs] = [describe(route), describe(other)]
  return new IsoletteError(
    'route_conflict',
    `Cannot add route ${mine}: ${theirs} takes the same requests, must differ in host, method or path`,
    { details: { route: mine, conflictsWith: theirs } },
  )
}

function describe(route: RouteEntry): string {
  return `${formatRoute(route)} → ${route.functionName}`
}
