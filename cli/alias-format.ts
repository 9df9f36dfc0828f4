import type { AliasAnswer, Changed } from '../runtime/index.ts'
import { formatWeights } from './weights.ts'

export type ChangedAlias = AliasAnswer & Pick<Changed<unknown>, 'workers'>

/** `hello:live points at 3=0.95 4=0.05` */
export function formatAlias({ function: name, alias, weights }: AliasAnswer): string {
  return `${name}:${alias} points at ${formatWeights(weights)}`
}
