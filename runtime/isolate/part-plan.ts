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
 * How much may be loaded that whoever asked for a module has no use for. A part costs a host call, a script and its
 * own copy of the names that it shares: loading 6 KB more takes as long.
 */
const maxSlackBytes = 6000

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
  /** What is asked for, and all modules that it takes. */
  readonly #needs = new Map<string, ReadonlySet<string>>()
  readonly #partOf = new Map<string, Part>()

  /** Begins with the smallest parts that hold no module twice: of modules that the same requests need. */
  constructor(graph: ModuleGraph, main: ReadonlySet<string>) {
    this.#graph = graph
    this.#main = main
    for (const { requires } of graph.values())
      for (const path of requires) if (!main.has(path)) this.#needs.set(path, closure(graph, path, main))
    const groups = Map.groupBy(
      [...graph.keys()].filter((path) => this.#neededBy(path).length > 0),
      (path) => this.#neededBy(path).join(),
    )
    for (const modules of groups.values()) this.#add(modules)
  }

  parts(): string[][] {
    return Array.from(new Set(this.#partOf.values()), ({ modules }) => [...modules])
  }

  /** Modules of different parts that are often needed together or at least stand in one folder, likeliest first. */
  likelyPairs(): [string, string][] {
    const firsts = Array.from(new Set(this.#partOf.values()), ({ modules }) => modules[0]!)
    const pairs: { pair: [string, string]; likeliness: number }[] = []
    for (const one of firsts) {
      for (const other of firsts) {
        if (one >= other) continue
        const both = new Set(this.#neededBy(one)).intersection(new Set(this.#neededBy(other))).size
        const either = this.#neededBy(one).length + this.#neededBy(other).length - both
        const neighbours = posix.dirname(one) === posix.dirname(other) ? 1 : 0
        const likeliness = both / either + neighbours
        if (likeliness > 0) pairs.push({ pair: [one, other], likeliness })
      }
    }
    return pairs.sort((a, b) => b.likeliness - a.likeliness).map(({ pair }) => pair)
  }

  /** Makes one part of two, unless too much would be loaded in vain, or a circle of imports would arise. */
  tryToMerge(one: string, other: string): void {
    const before = [this.#partOf.get(one)!, this.#partOf.get(other)!] as const
    if (before[0] === before[1]) return
    this.#add([...before[0].modules, ...before[1].modules])
    if (this.#hasCircle(this.#partOf.get(one)!) || this.#slackBytes() > maxSlackBytes)
      for (const { modules } of before) this.#add(modules)
  }

  #neededBy(path: string): string[] {
    return [...this.#needs].filter(([, needs]) => needs.has(path)).map(([root]) => root)
  }

  #add(modules: readonly string[]): void {
    const bytes = modules.reduce((sum, path) => sum + this.#graph.get(path)!.bytes, 0)
    const part = { modules, bytes }
    for (const path of modules) this.#partOf.set(path, part)
  }

  #importsOf(part: Part): Set<Part> {
    const imports = part.modules.flatMap((path) => this.#graph.get(path)!.imports)
    const parts = new Set(
      imports.filter((path) => !this.#main.has(path)).map((path) => this.#partOf.get(path)!),
    )
    parts.delete(part)
    return parts
  }

  /** The part and all that it imports from. */
  #loadedWith(part: Part, loaded = new Set<Part>()): Set<Part> {
    loaded.add(part)
    for (const imported of this.#importsOf(part))
      if (!loaded.has(imported)) this.#loadedWith(imported, loaded)
    return loaded
  }

  #hasCircle(part: Part): boolean {
    return Array.from(this.#importsOf(part)).some((imported) => this.#loadedWith(imported).has(part))
  }

  /** What is loaded in vain at worst. */
  #slackBytes(): number {
    let most = 0
    for (const [root, needs] of this.#needs) {
      let slack = 0
      for (const { bytes } of this.#loadedWith(this.#partOf.get(root)!)) slack += bytes
      for (const path of needs) slack -= this.#graph.get(path)!.bytes
      most = Math.max(most, slack)
    }
    return most
  }
}
