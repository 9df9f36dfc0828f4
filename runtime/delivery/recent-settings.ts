import type { AsyncSettings } from '../model/async-settings.ts'

/** Long enough that thousands of calls share one look at the registry, and nobody notices. */
const keepMs = 100

/** Settings of functions, as they were at most a tenth of a second ago. */
export class RecentSettings {
  readonly #settingsOf: (functionName: string) => AsyncSettings | null
  readonly #nowMs: () => number
  readonly #known = new Map<string, AsyncSettings | null>()
  #emptyAtMs = 0

  constructor(settingsOf: (functionName: string) => AsyncSettings | null, nowMs: () => number) {
    this.#settingsOf = settingsOf
    this.#nowMs = nowMs
  }

  /** Null if there is no such function. */
  of(functionName: string): AsyncSettings | null {
    const nowMs = this.#nowMs()
    if (nowMs >= this.#emptyAtMs) {
      this.#known.clear()
      this.#emptyAtMs = nowMs + keepMs
    }
    let settings = this.#known.get(functionName)
    if (settings === undefined) {
      settings = this.#settingsOf(functionName)
      this.#known.set(functionName, settings)
    }
    return settings
  }
}
