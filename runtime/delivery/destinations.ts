import type { AsyncSettings, Destination } from '../model/async-settings.ts'
import type { Call, CallEnd } from '../model/call.ts'
import { IsoletteError } from '../model/errors.ts'
import { formatQualifier, parseFunctionReference } from '../model/qualifier.ts'
import type { NewCall } from '../retry-log/retry-log.ts'
import type { CallFunctions } from './call-functions.ts'
import { destinationRecord } from './destination-record.ts'

/** What the end of a call brings about. */
export interface Follow {
  readonly calls: readonly NewCall[]
  /** The destination that could not be told, because there is no such function; null = none. */
  readonly lost: string | null
}

const nothing: Follow = { calls: [], lost: null }

/**
 * The call that tells a call's end to its destination, if it has one for that. Such a call is accepted whatever waits
 * already (`maxQueued`): the end it tells of cannot be refused. A post has no destination of its own, and what is too deep
 * in a chain neither: else it would go on for ever.
 */
export function destinationsOf(
  call: Call,
  end: CallEnd,
  settings: AsyncSettings | null,
  functions: CallFunctions,
): Follow {
  if (settings === null || call.event.kind === 'post' || end.reason === 'chain_too_deep') return nothing
  const isSuccess = end.state === 'Succeeded'
  const destination = isSuccess ? settings.onSuccess : settings.onFailure
  if (destination === null) return nothing
  const base = { parentId: call.id, source: 'destination', callerId: null, delayMs: 0 } as const
  if (destination.kind === 'url') {
    const { functionName, qualifier, version, depth } = call
    const json = destinationRecord(call, end)
    const event = { kind: 'post', destination: isSuccess ? 'onSuccess' : 'onFailure', json } as const
    return { calls: [{ ...base, functionName, qualifier, version, depth, event }], lost: null }
  }
  return callOfFunction(call, end, destination, functions, base)
}

function callOfFunction(
  call: Call,
  end: CallEnd,
  { reference }: Extract<Destination, { kind: 'function' }>,
  functions: CallFunctions,
  base: Pick<NewCall, 'parentId' | 'source' | 'callerId' | 'delayMs'>,
): Follow {
  try {
    const parsed = parseFunctionReference(reference)
    const { functionName } = parsed
    const qualifier = formatQualifier(parsed.qualifier)
    const version = functions.pick(functionName, qualifier)
    const event = { kind: 'direct', json: destinationRecord(call, end) } as const
    return {
      calls: [{ ...base, functionName, qualifier, version, event, depth: call.depth + 1 }],
      lost: null,
    }
  } catch (error) {
    if (error instanceof IsoletteError) return { calls: [], lost: reference }
    throw error
  }
}
