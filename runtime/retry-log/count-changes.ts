import type { VersionLabel } from '../model/version.ts'

/** By how much calls of functions and versions become more or fewer. */
export class CountChanges {
  readonly #changes = new Map<string, Map<string, number>>()

  add(functionName: string, label: VersionLabel | string, change: number): void {
    const labels = this.#changes.get(functionName) ?? new Map<string, number>()
    this.#changes.set(functionName, labels)
    labels.set(String(label), (labels.get(String(label)) ?? 0) + change)
  }

  *[Symbol.iterator](): Generator<{ functionName: string; label: string; change: number }> {
    for (const [functionName, labels] of this.#changes) {
      for (const [label, change] of labels) if (change !== 0) yield { functionName, label, change }
    }
  }
}
