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

/**
 * How much may be loaded of which who asked for something has no use. Loading a part takes some 40 µs and 3 KB however
 * small it is, and 10 µs a KB; and who has used one module of a folder often uses the next.
 */
const maxSlackBytes = 10_000

/**
 * Divides the modules into scripts: first the one that every instance evaluates, which holds what `entry` imports,
 * then the parts, which are evaluated when one of their modules is first asked for. Parts import from each other in no
 * circle.
 */
export function planParts(graph: ModuleGraph, entry: string): string[][] {
  const main = closure(graph, entry, new Set())
  const plan = new Plan(graph, main)
  for (const [one, other] of plan.likelyPairs()) plan.tryToMerge(one, other)
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

interface Part {
  readonly modules: readonly string[]
  readonly bytes: number
}

class Plan {
  readonly #graph: ModuleGraph
  readonly #main: ReadonlySet<string>
  /** How many bytes each module takes that is asked for, with what it imports. */
  readonly #bytesOf = new Map<string, number>()
  /** For whom a module is there: modules that are asked for. */
  readonly #neededBy = new Map<string, Set<string>>()
  readonly #partOf = new Map<string, Part>()

  /** Begins with the smallest parts there can be: each of modules that are there for the same ones. */
  constructor(graph: ModuleGraph, main: ReadonlySet<string>) {
    this.#graph = graph
    this.#main = main
    for (const root of new Set([...graph.values()].flatMap(({ requires }) => requires))) {
      if (main.has(root)) continue
      const modules = closure(graph, root, main)
      this.#bytesOf.set(root, this.#sum(modules))
      for (const path of modules) this.#neededBy.set(path, (this.#neededBy.get(path) ?? new Set()).add(root))
    }
    const groups = Map.groupBy(this.#neededBy.keys(), (path) => [...this.#neededBy.get(path)!].join())
    for (const modules of groups.values()) this.#add(modules)
  }

  parts(): string[][] {
    return Array.from(new Set(this.#partOf.values()), ({ modules }) => [...modules])
  }

  /** Modules of different parts that are needed together or stand in one folder, likeliest first. */
  likelyPairs(): [string, string][] {
    const firsts = Array.from(new Set(this.#partOf.values()), ({ modules }) => modules[0]!)
    const pairs = firsts.flatMap((one, index) =>
      firsts.slice(index + 1).map((other) => {
        const [roots, otherRoots] = [this.#neededBy.get(one)!, this.#neededBy.get(other)!]
        const together = roots.intersection(otherRoots).size / roots.union(otherRoots).size
        const areNeighbours = posix.dirname(one) === posix.dirname(other)
        return { pair: [one, other] as [string, string], likeliness: together + (areNeighbours ? 1 : 0) }
      }),
    )
    return pairs
      .filter(({ likeliness }) => likeliness > 0)
      .sort((a, b) => b.likeliness - a.likeliness)
      .map(({ pair }) => pair)
  }

  /** Makes one part of two, unless too much would be loaded in vain, or a circle of imports would arise. */
  tryToMerge(one: string, other: string): void {
    const before = [this.#partOf.get(one)!, this.#partOf.get(other)!] as const
    if (before[0] === before[1]) return
    const merged = this.#add([...before[0].modules, ...before[1].modules])
    const hasCircle = [...this.#importsOf(merged)].some((part) => this.#loadedWith(part).has(merged))
    if (hasCircle || this.#slackBytes(merged) > maxSlackBytes)
      for (const { modules } of before) this.#add(modules)
  }

  #sum(modules: Iterable<string>): number {
    let bytes = 0
    for (const path of modules) bytes += this.#graph.get(path)!.bytes
    return bytes
  }

  #add(modules: readonly string[]): Part {
    const part = { modules, bytes: this.#sum(modules) }
    for (const path of modules) this.#partOf.set(path, part)
    return part
  }

  #importsOf(part: Part): Set<Part> {
    const parts = new Set<Part>()
    for (const path of part.modules)
      for (const imported of this.#graph.get(path)!.imports)
        if (!this.#main.has(imported)) parts.add(this.#partOf.get(imported)!)
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

  /** What is loaded in vain at worst, when the part is loaded. */
  #slackBytes(part: Part): number {
    const loaded = new Map<Part, Set<Part>>()
    let most = 0
    for (const [root, bytes] of this.#bytesOf) {
      const rootPart = this.#partOf.get(root)!
      const parts = loaded.get(rootPart) ?? this.#loadedWith(rootPart)
      loaded.set(rootPart, parts)
      if (!parts.has(part)) continue
      let slack = -bytes
      for (const one of parts) slack += one.bytes
      most = Math.max(most, slack)
    }
    return most
  }
}
