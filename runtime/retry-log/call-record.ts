import { Packr } from 'msgpackr'
import {
  type Call,
  type CallEnd,
  type CallEvent,
  type CallId,
  type CallProgress,
  type CallResult,
  type CallSource,
  noProgress,
} from '../model/call.ts'
import type { VersionLabel } from '../model/version.ts'
import { timeOfCallId } from './call-id.ts'
import type { NewCall } from './retry-log.ts'

// Lists instead of maps with names: of a small call, the names would be most. What they hold belongs to `logFormat`.
const packr = new Packr({ useRecords: false })

/** What of a call stands elsewhere: in its id, and in the key of its segment. */
type Known = Pick<Call, 'id' | 'functionName' | 'version'>

type CallFields = [
  qualifier: string,
  event: CallEvent,
  /** After it was enqueued. Not the time itself: calls are packed before the log gives them one. */
  ageFromAfterMs: number,
  depth: number,
  source: CallSource,
  parentId: string | null,
  callerId: string | null,
]

type Packable = Omit<Call, 'id' | 'enqueuedAtMs' | 'ageFromMs' | 'functionName' | 'version'>

/** A call that is to be accepted, without what its key will say. */
export function packNew(call: NewCall): Uint8Array {
  return packr.pack([fieldsOf(call, call.delayMs), null])
}

/** A call that was accepted and has not ended, without what its key says. */
export function packWaiting(call: Call, progress: CallProgress): Uint8Array {
  return packr.pack([fieldsOf(call, call.ageFromMs - call.enqueuedAtMs), progress])
}

export function unpackWaiting(body: Uint8Array, known: Known): { call: Call; progress: CallProgress } {
  const [fields, progress] = packr.unpack(body) as [CallFields, CallProgress | null]
  return { call: callOf(fields, known), progress: progress ?? noProgress }
}

/** A call that has ended. What a call that succeeded brought to its function is not kept. */
export function packEnded(call: Call, end: CallEnd): Uint8Array {
  const kept = end.state === 'Succeeded' ? { ...call, event: withoutPayload(call.event) } : call
  return packr.pack([
    call.functionName,
    call.version,
    fieldsOf(kept, call.ageFromMs - call.enqueuedAtMs),
    end,
  ])
}

export function unpackEnded(body: Uint8Array, id: CallId): { call: Call; end: CallEnd } {
  const [functionName, version, fields, end] = packr.unpack(body) as [
    string,
    VersionLabel,
    CallFields,
    CallEnd,
  ]
  return {
    call: callOf(fields, { id, functionName, version }),
    end: { ...end, result: end.result && ownResult(end.result) },
  }
}

function fieldsOf(call: Packable, ageFromAfterMs: number): CallFields {
  const { qualifier, event, depth, source, parentId, callerId } = call
  return [qualifier, event, ageFromAfterMs, depth, source, parentId, callerId]
}

function callOf(fields: CallFields, known: Known): Call {
  const [qualifier, event, ageFromAfterMs, depth, source, parentId, callerId] = fields
  const enqueuedAtMs = timeOfCallId(known.id)
  return {
    id: known.id,
    functionName: known.functionName,
    qualifier,
    version: known.version,
    event: event.kind === 'http' ? { ...event, body: event.body && ownBytes(event.body) } : event,
    enqueuedAtMs,
    ageFromMs: enqueuedAtMs + ageFromAfterMs,
    depth,
    source,
    parentId,
    callerId,
  }
}

function withoutPayload(event: CallEvent): CallEvent {
  return event.kind === 'http' ? { ...event, headers: '', body: null } : { ...event, json: '' }
}

function ownResult(result: CallResult): CallResult {
  return result.kind === 'http' ? { ...result, body: result.body && ownBytes(result.body) } : result
}

/** Without the calls around it, which the same memory holds. */
function ownBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}
