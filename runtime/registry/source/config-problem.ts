/** What is wrong with a value, and where it stands in `function.jsonc`. */
export interface ConfigProblem {
  readonly path: readonly (string | number)[]
  /** The key of `path` that is meant, if it is not its value. */
  readonly key?: string
  /** What it is, and what it must be. */
  readonly problem: string
}
