import { isUtf8 } from 'node:buffer'
import type { CallEvent, CallResult, CallStatus } from '../model/call.ts'
import type {
  BytesAnswer,
  CallAnswer,
  CallEventAnswer,
  CallResultAnswer,
  CallSummary,
  HeaderPairs,
  JsonAnswer,
} from './call-protocol.ts'

/** A call as lists show it. */
export function summarizeCall({ call, state, progress, dueAtMs, end }: CallStatus): CallSummary {
  const last = progress.history.at(-1)
  return {
    id: call.id,
    function: call.functionName,
    qualifier: call.qualifier,
    version: call.version,
    executedVersion: last?.executedVersion ?? null,
    state,
    reason: end?.reason ?? null,
    source: call.source,
    callerId: call.callerId,
    parentId: call.parentId,
    depth: call.depth,
    enqueuedAtMs: call.enqueuedAtMs,
    dueAtMs,
    endedAtMs: end?.endedAtMs ?? null,
    attempts: progress.attempts,
    lastOutcome: last?.outcome ?? null,
  }
}

/** A call with all that is known of it. */
export function describeCall(status: CallStatus): CallAnswer {
  return {
    ...summarizeCall(status),
    history: status.progress.history,
    event: isKept(status) ? describeEvent(status.call.event) : null,
    result: status.end?.result == null ? null : describeResult(status.end.result),
  }
}

/** Of calls that succeeded what they brought is not kept: there is nothing to show but of a request its first line. */
function isKept({ state, call }: CallStatus): boolean {
  return state !== 'Succeeded' || call.event.kind === 'http'
}

function describeEvent(event: CallEvent): CallEventAnswer {
  switch (event.kind) {
    case 'http': {
      const { kind, method, url, body, clientAddress } = event
      const headers = pairsOf(event.headers.split('\n').slice(0, -1))
      return { kind, method, url, headers, body: body && describeBytes(body), clientAddress }
    }
    case 'direct':
      return { kind: 'direct', ...describeJson(event.json) }
    case 'scheduled': {
      const { kind, cron, scheduledAtMs } = event
      return { kind, cron, scheduledAtMs, ...describeJson(event.json) }
    }
    case 'post':
      return { kind: 'post', destination: event.destination, ...describeJson(event.json) }
  }
}

function describeResult(result: CallResult): CallResultAnswer {
  switch (result.kind) {
    case 'json':
      return { kind: 'json', ...describeJson(result.json) }
    case 'http': {
      const { kind, status, headers, body } = result
      return { kind, status, headers: pairsOf(headers), body: body && describeBytes(body) }
    }
    case 'too_large':
      return result
  }
}

/** The text is a guest's: it may be no JSON at all, or nest deeper than every reader of the answer can write it again. */
function describeJson(text: string): JsonAnswer {
  if (nestsDeeperThan(text, maxNesting)) return { text }
  try {
    return { json: JSON.parse(text) }
  } catch {
    return { text }
  }
}

/** Far below what ends V8's stack, and what printing it with indents makes long. */
const maxNesting = 200

function nestsDeeperThan(text: string, max: number): boolean {
  let depth = 0
  let isString = false
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]
    if (character === '"') isString = !isString
    else if (isString) at += character === '\\' ? 1 : 0
    else if (character === '[' || character === '{') depth += 1
    else if (character === ']' || character === '}') depth -= 1
    if (depth > max) return true
  }
  return false
}

function describeBytes(bytes: Uint8Array): BytesAnswer {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return isUtf8(buffer) ? { text: buffer.toString() } : { base64: buffer.toString('base64') }
}

function pairsOf(flat: readonly string[]): HeaderPairs {
  return Array.from({ length: Math.floor(flat.length / 2) }, (_, pair) => [
    flat[pair * 2]!,
    flat[pair * 2 + 1]!,
  ])
}
