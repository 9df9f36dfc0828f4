import type { AppendedNote, QueueDepth } from '../protocol.ts'

/** What a worker was told of a function's calls, and has appended since. */
interface Told {
  /** As the supervisor counted them when it told. */
  open: number
  toldTotal: number
  total: number
}

/** Of what a function may have waiting, from where on workers are told how much there is. */
const nearShare = 0.5

/**
 * What one worker believes of how many calls of each function have not ended: what it was told, and what it has appended
 * since. Where that comes near to what the function may have, it is told anew.
 */
export class ToldDepths {
  readonly #told = new Map<string, Told>()

  appended({ functionName, total }: AppendedNote): void {
    this.#of(functionName).total = total
  }

  /** What is to be told now. `openOf` counts a function's calls, `maxOf` says how many it may have; 0 = it is gone. */
  update(
    functionNames: Iterable<string>,
    openOf: (functionName: string) => number,
    maxOf: (functionName: string) => number,
  ): readonly QueueDepth[] {
    const news: QueueDepth[] = []
    for (const functionName of new Set([...this.#told.keys(), ...functionNames])) {
      const open = openOf(functionName)
      const nearFrom = maxOf(functionName) * nearShare
      const told = this.#told.get(functionName)
      const believed = told === undefined ? 0 : told.open + told.total - told.toldTotal
      if (Math.max(open, believed) < nearFrom || open === believed) continue
      const { total } = this.#of(functionName)
      this.#told.set(functionName, { open, toldTotal: total, total })
      news.push({ functionName, open, total })
    }
    return news
  }

  #of(functionName: string): Told {
    let told = this.#told.get(functionName)
    if (told === undefined) {
      told = { open: 0, toldTotal: 0, total: 0 }
      this.#told.set(functionName, told)
    }
    return told
  }
}
