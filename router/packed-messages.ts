/**
 * Messages of attempts as they go over the channel: packed. There are thousands a second, and to clone them as objects took
 * each side a fifth of all that a call cost it. Lists, whose order both sides know: they are of one release.
 */

import { Packr } from 'msgpackr'
import type { AttemptResult, Call, CallResult } from '../runtime/index.ts'
import type { FromWorker, NumberedDelivery, NumberedResult, ToWorker } from './protocol.ts'

const packr = new Packr({ useRecords: false })

interface Packed<Kind extends string> {
  readonly kind: Kind
  readonly bytes: Uint8Array
}

/** What goes over the channel in place of a `ToWorker`. */
export type SentToWorker = Exclude<ToWorker, { kind: 'attempts' }> | Packed<'packedAttempts'>
/** What goes over the channel in place of a `FromWorker`. */
export type SentFromWorker = Exclude<FromWorker, { kind: 'attempted' }> | Packed<'packedAttempted'>

/** To be sent before another message is packed: its bytes lie in memory that is used again. */
export function packToWorker(message: ToWorker): SentToWorker {
  if (message.kind !== 'attempts') return message
  return { kind: 'packedAttempts', bytes: packr.pack(message.deliveries.map(listOfDelivery)) }
}

/** Bodies in it are parts of what was received. */
export function unpackToWorker(message: SentToWorker): ToWorker {
  if (message.kind !== 'packedAttempts') return message
  const lists: DeliveryList[] = packr.unpack(message.bytes)
  return { kind: 'attempts', deliveries: lists.map(deliveryOfList) }
}

/** To be sent before another message is packed: its bytes lie in memory that is used again. */
export function packFromWorker(message: FromWorker): SentFromWorker {
  if (message.kind !== 'attempted') return message
  return { kind: 'packedAttempted', bytes: packr.pack(message.results.map(listOfResult)) }
}

/** Bodies in it are parts of what was received. */
export function unpackFromWorker(message: SentFromWorker): FromWorker {
  if (message.kind !== 'packedAttempted') return message
  const lists: ResultList[] = packr.unpack(message.bytes)
  return { kind: 'attempted', results: lists.map(resultOfList) }
}

type HttpEvent = Extract<Call['event'], { kind: 'http' }>
type HttpResult = Extract<CallResult, { kind: 'http' }>
type Ran = Extract<AttemptResult, { kind: 'ran' }>

type DeliveryList = [
  number: number,
  attempt: [number: number, enqueuedAtMs: number, depth: number],
  call: [
    id: Call['id'],
    functionName: string,
    qualifier: string,
    version: Call['version'],
    event:
      | [method: string, url: string, headers: string, body: Uint8Array | null, clientAddress: string]
      | Exclude<Call['event'], HttpEvent>,
    enqueuedAtMs: number,
    ageFromMs: number,
    depth: number,
    source: Call['source'],
    parentId: string | null,
    callerId: string | null,
  ],
]

function listOfDelivery({ number, delivery: { call, attempt } }: NumberedDelivery): DeliveryList {
  const { id, functionName, qualifier, version, event } = call
  const { enqueuedAtMs, ageFromMs, depth, source, parentId, callerId } = call
  const packable: DeliveryList[2][4] =
    event.kind === 'http' ? [event.method, event.url, event.headers, event.body, event.clientAddress] : event
  return [
    number,
    [attempt.number, attempt.enqueuedAtMs, attempt.depth],
    [
      id,
      functionName,
      qualifier,
      version,
      packable,
      enqueuedAtMs,
      ageFromMs,
      depth,
      source,
      parentId,
      callerId,
    ],
  ]
}

function deliveryOfList([number, attempt, call]: DeliveryList): NumberedDelivery {
  const event = call[4]
  return {
    number,
    delivery: {
      call: {
        id: call[0],
        functionName: call[1],
        qualifier: call[2],
        version: call[3],
        event: Array.isArray(event) ? eventOfList(event) : event,
        enqueuedAtMs: call[5],
        ageFromMs: call[6],
        depth: call[7],
        source: call[8],
        parentId: call[9],
        callerId: call[10],
      },
      attempt: { number: attempt[0], enqueuedAtMs: attempt[1], depth: attempt[2] },
    },
  }
}

function eventOfList([method, url, headers, body, clientAddress]: Extract<
  DeliveryList[2][4],
  readonly unknown[]
>): HttpEvent {
  return { kind: 'http', method, url, headers, body, clientAddress }
}

type ResultList =
  | [number: number, result: Exclude<AttemptResult, Ran>]
  | [
      number: number,
      executedVersion: string | null,
      outcome: Ran['outcome'],
      error: Ran['error'],
      message: string | null,
      result:
        | [status: number, headers: HttpResult['headers'], body: HttpResult['body']]
        | Exclude<CallResult, HttpResult>
        | null,
      retryAfterMs: number | null,
      startedAtMs: number,
      durationMs: number,
      logLines: Ran['logLines'],
    ]

function listOfResult({ number, result }: NumberedResult): ResultList {
  if (result.kind !== 'ran') return [number, result]
  const { result: answer } = result
  return [
    number,
    result.executedVersion,
    result.outcome,
    result.error,
    result.message,
    answer?.kind === 'http' ? [answer.status, answer.headers, answer.body] : answer,
    result.retryAfterMs,
    result.startedAtMs,
    result.durationMs,
    result.logLines,
  ]
}

function resultOfList(list: ResultList): NumberedResult {
  if (list.length === 2) return { number: list[0], result: list[1] }
  const answer = list[5]
  return {
    number: list[0],
    result: {
      kind: 'ran',
      executedVersion: list[1],
      outcome: list[2],
      error: list[3],
      message: list[4],
      result: Array.isArray(answer) ? answerOfList(answer) : answer,
      retryAfterMs: list[6],
      startedAtMs: list[7],
      durationMs: list[8],
      logLines: list[9],
    },
  }
}

function answerOfList([status, headers, body]: [
  HttpResult['status'],
  HttpResult['headers'],
  HttpResult['body'],
]): HttpResult {
  return { kind: 'http', status, headers, body }
}
