import { Packr } from 'msgpackr'
import {
  type Attempt,
  type AttemptOutcome,
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

type HttpEvent = Extract<CallEvent, { kind: 'http' }>
type HttpResult = Extract<CallResult, { kind: 'http' }>

type EventFields =
  | [method: string, url: string, headers: string, body: Uint8Array | null, clientAddress: string]
  | Exclude<CallEvent, HttpEvent>

type CallFields = [
  qualifier: string,
  event: EventFields,
  /** After it was enqueued. Not the time itself: calls are packed before the log gives them one. */
  ageFromAfterMs: number,
  depth: number,
  source: CallSource,
  parentId: string | null,
  callerId: string | null,
]

type AttemptFields = [
  number: number,
  counts: boolean,
  startedAtMs: number,
  durationMs: number,
  executedVersion: string | null,
  outcome: AttemptOutcome,
  status: number | null,
  error: Attempt['error'],
  message: string | null,
  logLines: Attempt['logLines'],
]

type ProgressFields = [attempts: number, setbacks: number, history: AttemptFields[]]

type ResultFields =
  | [status: number, headers: HttpResult['headers'], body: Uint8Array | null]
  | Exclude<CallResult, HttpResult>

type EndFields = [
  state: CallEnd['state'],
  reason: CallEnd['reason'],
  endedAtMs: number,
  progress: ProgressFields,
  result: ResultFields | null,
]

type Packable = Omit<Call, 'id' | 'enqueuedAtMs' | 'ageFromMs' | 'functionName' | 'version'>

/** A call that is to be accepted, without what its key will say. */
export function packNew(call: NewCall): Uint8Array {
  return packr.pack([fieldsOf(call, call.delayMs), null])
}

/** A call that was accepted and has not ended, without what its key says. */
export function packWaiting(call: Call, progress: CallProgress): Uint8Array {
  return packr.pack([fieldsOf(call, call.ageFromMs - call.enqueuedAtMs), fieldsOfProgress(progress)])
}

export function unpackWaiting(body: Uint8Array, known: Known): { call: Call; progress: CallProgress } {
  const [fields, progress] = packr.unpack(body) as [CallFields, ProgressFields | null]
  return { call: callOf(fields, known), progress: progress === null ? noProgress : progressOf(progress) }
}

/** A call that has ended. What a call that succeeded brought to its function is not kept. */
export function packEnded(call: Call, end: CallEnd): Uint8Array {
  const kept = end.state === 'Succeeded' ? { ...call, event: withoutPayload(call.event) } : call
  return packr.pack([
    call.functionName,
    call.version,
    fieldsOf(kept, call.ageFromMs - call.enqueuedAtMs),
    fieldsOfEnd(end),
  ])
}

export function unpackEnded(body: Uint8Array, id: CallId): { call: Call; end: CallEnd } {
  const [functionName, version, fields, end] = packr.unpack(body) as [
    string,
    VersionLabel,
    CallFields,
    EndFields,
  ]
  return { call: callOf(fields, { id, functionName, version }), end: endOf(end) }
}

function fieldsOf(call: Packable, ageFromAfterMs: number): CallFields {
  const { qualifier, event, depth, source, parentId, callerId } = call
  return [qualifier, fieldsOfEvent(event), ageFromAfterMs, depth, source, parentId, callerId]
}

function callOf(fields: CallFields, known: Known): Call {
  const [qualifier, event, ageFromAfterMs, depth, source, parentId, callerId] = fields
  const enqueuedAtMs = timeOfCallId(known.id)
  return {
    id: known.id,
    functionName: known.functionName,
    qualifier,
    version: known.version,
    event: Array.isArray(event) ? eventOf(event) : event,
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

function fieldsOfEvent(event: CallEvent): EventFields {
  if (event.kind !== 'http') return event
  return [event.method, event.url, event.headers, event.body, event.clientAddress]
}

function eventOf([method, url, headers, body, clientAddress]: Extract<EventFields, unknown[]>): HttpEvent {
  return { kind: 'http', method, url, headers, body: body && ownBytes(body), clientAddress }
}

function fieldsOfProgress({ attempts, setbacks, history }: CallProgress): ProgressFields {
  return [attempts, setbacks, history.map(fieldsOfAttempt)]
}

function progressOf([attempts, setbacks, history]: ProgressFields): CallProgress {
  return { attempts, setbacks, history: history.map(attemptOf) }
}

function fieldsOfAttempt(attempt: Attempt): AttemptFields {
  const { number, counts, startedAtMs, durationMs, executedVersion } = attempt
  const { outcome, status, error, message, logLines } = attempt
  return [number, counts, startedAtMs, durationMs, executedVersion, outcome, status, error, message, logLines]
}

function attemptOf(fields: AttemptFields): Attempt {
  const [number, counts, startedAtMs, durationMs, executedVersion] = fields
  const [, , , , , outcome, status, error, message, logLines] = fields
  return {
    ...{ number, counts, startedAtMs, durationMs, executedVersion },
    ...{ outcome, status, error, message, logLines },
  }
}

function fieldsOfEnd({ state, reason, endedAtMs, progress, result }: CallEnd): EndFields {
  return [
    state,
    reason,
    endedAtMs,
    fieldsOfProgress(progress),
    result?.kind === 'http' ? [result.status, result.headers, result.body] : result,
  ]
}

function endOf([state, reason, endedAtMs, progress, result]: EndFields): CallEnd {
  return {
    state,
    reason,
    endedAtMs,
    progress: progressOf(progress),
    result: Array.isArray(result) ? httpResultOf(result) : result,
  }
}

function httpResultOf([status, headers, body]: Extract<ResultFields, unknown[]>): HttpResult {
  return { kind: 'http', status, headers, body: body && ownBytes(body) }
}

/** Without the calls around it, which the same memory holds. */
function ownBytes(bytes: Uint8Array): Uint8Array {
  // From Node's pool: memory of its own for each kibibyte costs more than the copy.
  const { buffer, byteOffset, byteLength } = Buffer.from(bytes)
  return new Uint8Array(buffer, byteOffset, byteLength)
}
