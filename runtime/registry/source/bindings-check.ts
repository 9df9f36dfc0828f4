import { isFunctionReference } from '../../model/qualifier.ts'
import type { ConfigProblem } from './config-problem.ts'

/** The first thing that is wrong with `bindings` beyond single values; null if nothing is. */
export function findBindingProblem(file: {
  readonly bindings: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string>>
}): ConfigProblem | null {
  const path = ['bindings']
  for (const [name, reference] of Object.entries(file.bindings)) {
    if (Object.hasOwn(file.env, name))
      return { path, key: name, problem: 'must have a name that env has not' }
    if (!isFunctionReference(reference)) {
      const problem = `${JSON.stringify(reference)}, must be a function as name or name:qualifier`
      return { path: [...path, name], problem }
    }
  }
  return null
}
