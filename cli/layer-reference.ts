import { usageFailure } from './failure.ts'

/** Reads `lodash:1`. @throws Failure */
export function parseLayerArgument(text: string): readonly [name: string, version: string] {
  const [, name, version] = /^([^:]+):([0-9]+)$/.exec(text) ?? []
  if (name !== undefined && version !== undefined) return [name, version]
  throw usageFailure(`Cannot read layer ${JSON.stringify(text)}: must be <layer>:<version number>`)
}
