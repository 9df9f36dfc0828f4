/** The `// META:` lines at the head of a test. */
export interface TestMetadata {
  /** Kinds of global that the test is meant for. */
  readonly globals: readonly string[]
  /** What runs before it, as written. */
  readonly scripts: readonly string[]
  /** Queries; the test runs once with each. `['']` if there are none. */
  readonly variants: readonly string[]
  readonly isLong: boolean
}

/** What web-platform-tests takes if a test does not say. */
const defaultGlobals = ['window', 'dedicatedworker']

export function readMetadata(source: string): TestMetadata {
  const values: Record<string, string[]> = { global: [], script: [], variant: [], timeout: [] }
  for (const line of source.split('\n')) {
    const [, key, value] = /^\/\/ META:\s*(\w+)=(.*?)\s*$/.exec(line) ?? []
    if (key !== undefined) values[key]?.push(value!)
    else if (!line.startsWith('//') && line.trim() !== '') break
  }
  const globals = values.global!.flatMap((list) => list.split(','))
  return {
    globals: globals.length === 0 ? defaultGlobals : globals,
    scripts: values.script!,
    variants: values.variant!.length === 0 ? [''] : values.variant!,
    isLong: values.timeout!.includes('long'),
  }
}
