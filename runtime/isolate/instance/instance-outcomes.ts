import type { ByteSource } from '../../model/byte-source.ts'
import type { Invocation } from '../../model/invocation.ts'
import { fixedLimits, type Limits } from '../../model/limits.ts'
import type { FailedOutcome, HttpResponse, Outcome } from '../../model/outcome.ts'
import { bodyKind } from '../abi.ts'
import type { CondemnReason } from './instance-context.ts'
import type { Pending } from './pending.ts'
import { BadResponse, checkHeaders, checkStatus } from './response-check.ts'
import type { GuestResult } from './result-frames.ts'

export const interrupted: FailedOutcome = {
  kind: 'interrupted',
  message: 'The instance was ended on account of another request',
}

export const noResponse: FailedOutcome = {
  kind: 'no_response',
  message: 'The handler can never answer: it waits for nothing that could still happen',
}

export const canceled: FailedOutcome = { kind: 'canceled', message: 'The client went away' }

export function tookTooLong({ attempt, target }: Invocation): FailedOutcome {
  const { timeoutMs } = target.settings.async
  const limit =
    attempt === null || timeoutMs === null
      ? `limits.timeoutMs, ${target.manifest.limits.timeoutMs} ms`
      : `async.timeoutMs, ${timeoutMs} ms`
  return { kind: 'exceeded_wall_time', message: `The handler did not answer within ${limit}` }
}

/** What a request that has answered gave to `waitUntil`. */
export const neverSettles: FailedOutcome = {
  kind: 'no_response',
  message: 'What ctx.waitUntil was given can never settle: it waits for nothing that could still happen',
}

export function waitedTooLong(waitUntilMs: number): FailedOutcome {
  const message = `What ctx.waitUntil was given did not settle within ${waitUntilMs} ms after the response`
  return { kind: 'exceeded_wall_time', message }
}

/** How those requests end on whose account their instance was ended. */
export function condemned(kind: CondemnReason, { cpuMs, memoryMiB }: Limits): FailedOutcome {
  return { kind, message: messageOf(kind, cpuMs, memoryMiB) }
}

function messageOf(kind: CondemnReason, cpuMs: number, memoryMiB: number): string {
  switch (kind) {
    case 'exceeded_cpu':
      return cpuMs <= fixedLimits.maxSliceMs
        ? `The request was stopped over limits.cpuMs, ${cpuMs} ms`
        : `The request was stopped over ${fixedLimits.maxSliceMs} ms of CPU without a pause`
    case 'exceeded_memory':
      return `The instance was stopped over limits.memoryMiB, ${memoryMiB} MiB`
    case 'internal_error':
      return 'The instance broke the boundary between guest and host'
  }
}

export function exceededCpu(spentMs: number, limitMs: number): FailedOutcome {
  return {
    kind: 'exceeded_cpu',
    message: `The request used ${spentMs.toFixed(1)} ms of CPU, limits.cpuMs is ${limitMs}`,
  }
}

/**
 * A response that can be written to a socket, or the exception that says why it cannot. `source` is the body of one that
 * comes bit by bit.
 */
export function responseOutcome(
  result: Extract<GuestResult, { kind: 'response' }>,
  pending: Pending,
  source: ByteSource | null,
): Outcome {
  try {
    const status = checkStatus(result.status)
    const headers = checkHeaders(result.headers)
    let body: HttpResponse['body'] = null
    if (isStreamed(result)) {
      body = source
      if (body === null) throw new BadResponse('its stream is missing')
    } else if (result.bodyKind === bodyKind.text) body = result.bodyText
    else if (result.bodyKind === bodyKind.bytes) {
      body = pending.responseBytes
      if (body === null) throw new BadResponse('its bytes are missing or too many')
    }
    return { kind: 'ok', response: { status, headers, body }, result: null }
  } catch (error) {
    if (!(error instanceof BadResponse)) throw error
    return { kind: 'exception', error: { name: error.name, message: error.message, stack: '' } }
  }
}

/** Whether the body comes bit by bit. */
function isStreamed(result: { readonly bodyKind: number }): boolean {
  return result.bodyKind === bodyKind.sink || result.bodyKind === bodyKind.stream
}

/** A direct event's result, or the exception that says that it is too large to be passed on. */
export function resultOutcome(json: string): Outcome {
  const max = fixedLimits.maxResultBytes
  // UTF-16 units stand for bytes: a cap, not a measure.
  if (json.length <= max) return { kind: 'ok', response: null, result: json }
  const message = `Cannot return the result: ${json.length} bytes of JSON, must be at most ${max}`
  return { kind: 'exception', error: { name: 'RangeError', message, stack: '' } }
}
