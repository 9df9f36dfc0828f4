/**
 * Which plugins have asked the bundler where an import leads, and are not to be asked themselves: goes with each
 * `resolve` as its `pluginData`. Several plugins may ask on behalf of each other.
 */
export class Asked {
  readonly #by: ReadonlySet<symbol>

  private constructor(by: ReadonlySet<symbol>) {
    this.#by = by
  }

  static by(plugin: symbol, pluginData: unknown): Asked {
    return new Asked(new Set(pluginData instanceof Asked ? pluginData.#by : []).add(plugin))
  }

  static isBy(plugin: symbol, pluginData: unknown): boolean {
    return pluginData instanceof Asked && pluginData.#by.has(plugin)
  }
}
