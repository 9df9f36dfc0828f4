/**
 * Which requests a function answers. `path` begins with `/`; a segment `:name` takes one segment, a last segment `*`
 * takes the rest (which may be empty: `/a/*` takes `/a/` and `/a/b`, not `/a`).
 */
export interface RoutePattern {
  /** Lower case, without port; null = any host. */
  readonly host: string | null
  /** Upper case; null = any method. */
  readonly method: string | null
  readonly path: string
  /** Without one a route means the alias `live`. */
  readonly qualifier: string | null
}

/** A route with the function it leads to. */
export interface RouteEntry extends RoutePattern {
  readonly functionName: string
}

export type RouteLookup =
  | { readonly kind: 'found'; readonly route: RouteEntry; readonly params: Readonly<Record<string, string>> }
  /** The path has routes, but none for this method. */
  | { readonly kind: 'method_not_allowed'; readonly allow: readonly string[] }
  | { readonly kind: 'not_found' }

/** A route as people write it: `GET example.com/api/:id`. */
export function formatRoute(route: RoutePattern): string {
  return `${route.method === null ? '' : `${route.method} `}${route.host ?? ''}${route.path}`
}

/** The routes a function answers on: its own, or `/<name>` and all below it. */
export function routesOf(functionName: string, configured: readonly RoutePattern[]): readonly RouteEntry[] {
  if (configured.length > 0) return configured.map((route) => ({ ...route, functionName }))
  return [`/${functionName}`, `/${functionName}/*`].map((path) => ({
    host: null,
    method: null,
    path,
    qualifier: null,
    functionName,
  }))
}
