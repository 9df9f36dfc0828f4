import { posix } from 'node:path'

/** A module of the guest's side. */
export interface GuestModule {
  /** What it adds to a script. */
  readonly bytes: number
  /** The modules that are evaluated before it. */
  readonly imports: readonly string[]
  /** Those that it asks for when it first needs them. */
  readonly requires: readonly string[]
}

export type ModuleGraph = ReadonlyMap<string, GuestModule>

/** What loading a part costs, however small it is, in bytes of code that would take as long: 40 µs. */
const partBytes = 4000
/** How much more may be loaded all in all to have two parts of one folder in one: who uses one often uses both. */
const neighbourBytes = 8000
/** Most that a module may weigh which is in the main script because it is imported from three folders. */
const commonBytes = 500

/**
 * Divides the modules into scripts: first the one that every instance evaluates, which holds what `entry` imports,
 * then the parts, which are evaluated when one of their modules is first asked for. Parts import from each other in no
 * circle.
 */
export function planParts(graph: ModuleGraph, entry: string): string[][] {
  const main = closure(graph, entry, new Set())
  for (const path of commonModules(graph, main)) main.add(path)
  const plan = new Plan(graph, main)
  for (const pair of plan.likelyPairs()) plan.tryToMerge(pair)
  return [[...main], ...plan.parts()]
}

function closure(graph: ModuleGraph, from: string, without: ReadonlySet<string>): Set<string> {
  const reached = new Set<string>()
  const visit = (path: string): void => {
    if (reached.has(path) || without.has(path)) return
    reached.add(path)
    for (const imported of graph.get(path)!.imports) visit(imported)
  }
  visit(from)
  return reached
}

/**
 * Small modules that are imported from all over. In whatever part they were, everybody would load what else is there;
 * in a part of their own they would cost more than they weigh.
 */
function commonModules(graph: ModuleGraph, main: ReadonlySet<string>): string[] {
  const folders = new Map<string, Set<string>>()
  for (const [importer, { imports }] of graph)
    for (const path of imports)
      folders.set(path, (folders.get(path) ?? new Set()).add(posix.dirname(importer)))
  return [...folders.keys()].filter((path) => {
    const { bytes, imports } = graph.get(path)!
    return bytes <= commonBytes && folders.get(path)!.size >= 3 && imports.every((one) => main.has(one))
  })
}

interface Part {
  readonly modules: readonly string[]
  /** Modules of other parts, and of its own. */
  readonly imports: readonly string[]
  readonly bytes: number
}

interface Pair {
  readonly one: string
  readonly other: string
  /** The share of those that need one of them who need both. */
  readonly together: number
  readonly areNeighbours: boolean
}

class Plan {
  readonly #graph: ModuleGraph
  readonly #main: ReadonlySet<string>
  /** The modules that are asked for, outside of the main script. */
  readonly #roots: readonly string[]
  /** Of each module, for which roots it is there. */
  readonly #neededBy = new Map<string, Set<string>>()
  readonly #partOf = new Map<string, Part>()

  /** Begins with the smallest parts there can be: each of modules that are there for the same roots. */
  constructor(graph: ModuleGraph, main: ReadonlySet<string>) {
    this.#graph = graph
    this.#main = main
    const required = [...graph.values()].flatMap(({ requires }) => requires)
    this.#roots = [...new Set(required)].filter((path) => !main.has(path))
    for (const root of this.#roots)
      for (const path of closure(graph, root, main))
        this.#neededBy.set(path, (this.#neededBy.get(path) ?? new Set()).add(root))
    const groups = Map.groupBy(this.#neededBy.keys(), (path) => [...this.#neededBy.get(path)!].join())
    for (const modules of groups.values()) this.#add(modules)
  }

  parts(): string[][] {
    return Array.from(new Set(this.#partOf.values()), ({ modules }) => [...modules])
  }

  /** Pairs of modules of different parts that are needed together or stand in one folder, likeliest first. */
  likelyPairs(): Pair[] {
    const firsts = Array.from(new Set(this.#partOf.values()), ({ modules }) => modules[0]!)
    const pairs = firsts.flatMap((one, index) =>
      firsts.slice(index + 1).map((other) => this.#pair(one, other)),
    )
    return pairs
      .filter(({ together, areNeighbours }) => together > 0 || areNeighbours)
      .sort((a, b) => b.together - a.together)
  }

  /** Makes one part of two, unless all in all more would be loaded for it, or imports would form a circle. */
  tryToMerge({ one, other, areNeighbours }: Pair): void {
    const before = [this.#partOf.get(one)!, this.#partOf.get(other)!] as const
    if (before[0] === before[1]) return
    const bytesBefore = this.#loadedBytes()
    const merged = this.#add([...before[0].modules, ...before[1].modules])
    const hasCircle = [...this.#importsOf(merged)].some((part) => this.#loadedWith(part).has(merged))
    if (hasCircle || this.#loadedBytes() > bytesBefore + (areNeighbours ? neighbourBytes : 0))
      for (const { modules } of before) this.#add(modules)
  }

  #pair(one: string, other: string): Pair {
    const [roots, otherRoots] = [this.#neededBy.get(one)!, this.#neededBy.get(other)!]
    const together = roots.intersection(otherRoots).size / roots.union(otherRoots).size
    return { one, other, together, areNeighbours: posix.dirname(one) === posix.dirname(other) }
  }

  #add(modules: readonly string[]): Part {
    const imports = new Set(modules.flatMap((path) => this.#graph.get(path)!.imports))
    const bytes = modules.reduce((sum, path) => sum + this.#graph.get(path)!.bytes, 0)
    const part = { modules, imports: [...imports.difference(this.#main)], bytes }
    for (const path of modules) this.#partOf.set(path, part)
    return part
  }

  #importsOf(part: Part): Set<Part> {
    const parts = new Set(part.imports.map((path) => this.#partOf.get(path)!))
    parts.delete(part)
    return parts
  }

  /** The part and all that it imports from. */
  #loadedWith(part: Part, loaded = new Set<Part>()): Set<Part> {
    if (loaded.has(part)) return loaded
    loaded.add(part)
    for (const imported of this.#importsOf(part)) this.#loadedWith(imported, loaded)
    return loaded
  }

  /** What it takes if each root is asked for once, in an instance of its own. */
  #loadedBytes(): number {
    const bytesOf = new Map<Part, number>()
    let total = 0
    for (const root of this.#roots) {
      const part = this.#partOf.get(root)!
      let bytes = bytesOf.get(part)
      if (bytes === undefined) {
        bytes = 0
        for (const one of this.#loadedWith(part)) bytes += one.bytes + partBytes
        bytesOf.set(part, bytes)
      }
      total += bytes
    }
    return total
  }
}
