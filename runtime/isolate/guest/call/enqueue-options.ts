import { fixedLimits } from '../../../model/limits.ts'
import { toDictionary } from '../language/web-idl.ts'
import { isInteger, jsonStringify, TypeError } from '../primordials.ts'

/** May be left out, all of it. */
export interface EnqueueOptions {
  /** It is not begun earlier. */
  readonly delayMs?: number | null
  /** Names the call: the same name again is refused. */
  readonly id?: string | null
}

/** As `op.enqueue` has them. @throws TypeError if they are not as they must be */
export function optionsJson(options: EnqueueOptions | null | undefined): string {
  const { delayMs = null, id = null } = toDictionary(options)
  return jsonStringify({ __proto__: null, delayMs: checkDelay(delayMs), id: checkId(id) })
}

function checkDelay(delayMs: unknown): number | null {
  const isRight =
    isInteger(delayMs) && (delayMs as number) >= 0 && (delayMs as number) <= fixedLimits.maxDelayMs
  if (delayMs === null || isRight) return delayMs as number | null
  const shown = typeof delayMs === 'number' ? delayMs : typeof delayMs
  throw new TypeError(
    `Cannot enqueue: delayMs is ${shown}, must be a whole number from 0 to ${fixedLimits.maxDelayMs}`,
  )
}

/** What else is wrong with it the host says. */
function checkId(id: unknown): string | null {
  if (id === null || (typeof id === 'string' && id !== '' && id.length <= fixedLimits.maxCallerIdBytes))
    return id
  const shown = typeof id === 'string' ? `text of ${id.length} characters` : typeof id
  throw new TypeError(
    `Cannot enqueue: id is ${shown}, must be text of 1 to ${fixedLimits.maxCallerIdBytes} bytes`,
  )
}
