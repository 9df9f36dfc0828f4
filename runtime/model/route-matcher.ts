import type { RouteEntry, RouteLookup } from './route.ts'

type Found = Extract<RouteLookup, { kind: 'found' }>

/** One route, ready to answer. */
interface Candidate {
  /** What is answered if the path has no params: always the same object. */
  readonly found: Found
  readonly paramNames: readonly string[]
}

/** The routes of one path, told apart by method. */
interface Leaf {
  readonly byMethod: Map<string, Candidate>
  anyMethod: Candidate | null
}

/** One segment of the paths that have a param or end with `*`. */
interface Node {
  readonly literals: Map<string, Node>
  param: Node | null
  wildcard: Leaf | null
  leaf: Leaf | null
}

const noParams: Readonly<Record<string, string>> = Object.freeze({})

/**
 * The routes of one bucket, compiled. The most specific one wins: from left to right a literal segment before a param
 * before `*`, then a method before any method. A path without params costs one lookup and allocates nothing.
 *
 * A match enters each node of its tree at most once, so hostile paths cannot make it slow.
 */
export class RouteMatcher {
  readonly #literals = new Map<string, Leaf>()
  #tree: Node | null = null

  constructor(routes: readonly RouteEntry[]) {
    for (const route of routes) this.#add(route)
  }

  /** The route for a path (without query), or null; `GET` routes take `HEAD` too. */
  find(method: string, path: string): Found | null {
    const leaf = this.#literals.get(path)
    if (leaf !== undefined) {
      const candidate = pick(leaf, method)
      if (candidate !== null) return candidate.found
    }
    if (this.#tree === null) return null
    const values: string[] = []
    let found: Found | null = null
    walk(this.#tree, path, 1, values, (reached) => {
      const candidate = pick(reached, method)
      if (candidate === null) return false
      found = withParams(candidate, values)
      return true
    })
    return found
  }

  /** Adds the methods that the routes of this path take; only those of a path that `find` did not match are complete. */
  collectMethods(path: string, methods: Set<string>): void {
    const leaf = this.#literals.get(path)
    if (leaf !== undefined) addMethods(leaf, methods)
    if (this.#tree === null) return
    walk(this.#tree, path, 1, [], (reached) => {
      addMethods(reached, methods)
      return false
    })
  }

  #add(route: RouteEntry): void {
    const segments = route.path.slice(1).split('/')
    const paramNames = segments
      .filter((segment) => segment.startsWith(':'))
      .map((segment) => segment.slice(1))
    const isLiteral = paramNames.length === 0 && segments.at(-1) !== '*'
    const leaf = isLiteral ? this.#literalLeaf(route.path) : this.#treeLeaf(segments)
    const found: Found = Object.freeze({ kind: 'found', route, params: noParams })
    const candidate = { found, paramNames }
    if (route.method === null) leaf.anyMethod = candidate
    else leaf.byMethod.set(route.method, candidate)
  }

  #literalLeaf(path: string): Leaf {
    const leaf = this.#literals.get(path) ?? newLeaf()
    this.#literals.set(path, leaf)
    return leaf
  }

  #treeLeaf(segments: readonly string[]): Leaf {
    this.#tree ??= newNode()
    let node = this.#tree
    for (const segment of segments) {
      if (segment === '*') {
        node.wildcard ??= newLeaf()
        return node.wildcard
      }
      node = childOf(node, segment)
    }
    node.leaf ??= newLeaf()
    return node.leaf
  }
}

/** Offers each leaf that takes the path from `start` on, the most specific first, until one accepts. */
function walk(
  node: Node,
  path: string,
  start: number,
  values: string[],
  accept: (leaf: Leaf) => boolean,
): boolean {
  const end = path.indexOf('/', start)
  const segment = end === -1 ? path.slice(start) : path.slice(start, end)
  const literal = node.literals.get(segment)
  if (literal !== undefined && descend(literal, path, end, values, accept)) return true
  if (node.param !== null && segment !== '') {
    values.push(segment)
    if (descend(node.param, path, end, values, accept)) return true
    values.pop()
  }
  return node.wildcard !== null && accept(node.wildcard)
}

function descend(
  node: Node,
  path: string,
  end: number,
  values: string[],
  accept: (leaf: Leaf) => boolean,
): boolean {
  if (end === -1) return node.leaf !== null && accept(node.leaf)
  return walk(node, path, end + 1, values, accept)
}

function pick(leaf: Leaf, method: string): Candidate | null {
  const { byMethod } = leaf
  if (byMethod.size > 0) {
    const candidate = byMethod.get(method) ?? (method === 'HEAD' ? byMethod.get('GET') : undefined)
    if (candidate !== undefined) return candidate
  }
  return leaf.anyMethod
}

function addMethods(leaf: Leaf, methods: Set<string>): void {
  for (const method of leaf.byMethod.keys()) {
    methods.add(method)
    if (method === 'GET') methods.add('HEAD')
  }
}

function withParams(candidate: Candidate, values: readonly string[]): Found {
  const { found, paramNames } = candidate
  if (paramNames.length === 0) return found
  const params: Record<string, string> = {}
  for (const [index, name] of paramNames.entries()) params[name] = decodeSegment(values[index]!)
  return { kind: 'found', route: found.route, params }
}

/** What cannot be decoded stays as it was sent: a hostile path must not become an error of ours. */
function decodeSegment(segment: string): string {
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

function childOf(node: Node, segment: string): Node {
  if (segment.startsWith(':')) {
    node.param ??= newNode()
    return node.param
  }
  const child = node.literals.get(segment) ?? newNode()
  node.literals.set(segment, child)
  return child
}

function newNode(): Node {
  return { literals: new Map(), param: null, wildcard: null, leaf: null }
}

function newLeaf(): Leaf {
  return { byMethod: new Map(), anyMethod: null }
}
