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
