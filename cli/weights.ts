import type { Weights } from '../runtime/index.ts'
import { usageFailure } from './failure.ts'

/** Reads `3=0.95`; what the numbers may be is the server's to say. @throws Failure */
export function parseWeightArguments(args: readonly string[]): Weights {
  const weights: Record<string, number> = {}
  for (const arg of args) {
    const [, version, weight] = /^([0-9]+)=([0-9.]+)$/.exec(arg) ?? []
    if (version === undefined || Number.isNaN(Number(weight))) {
      throw usageFailure(`Cannot read weight ${JSON.stringify(arg)}: must be <version>=<0 to 1>`)
    }
    if (Object.hasOwn(weights, version)) {
      throw usageFailure(`Cannot read weight ${JSON.stringify(arg)}: version ${version} stands there twice`)
    }
    weights[version] = Number(weight)
  }
  return weights
}

/** `3=0.95 4=0.05`, as `alias set` takes them. */
export function formatWeights(weights: Weights): string {
  return Object.entries(weights)
    .map(([version, weight]) => `${version}=${weight}`)
    .join(' ')
}
