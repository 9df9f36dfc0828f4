import type { AbortSignal } from '../event/abort-signal.ts'
import { reportRejected } from '../host.ts'
import { Date, Map, mapDelete, mapGet, mapSet, TypeError } from '../primordials.ts'
import { describeThrown } from './describe-thrown.ts'
import { writeDone, writeError } from './results.ts'

/** An HTTP request as it came in. */
export interface HttpInput {
  /** Upper case. */
  readonly method: string
  readonly url: string
  /** `name\nvalue\n` each, names in lower case. */
  readonly headers: string
  /** -1 = none, 0 = the host holds it whole, else the id of the stream that it comes as. */
  readonly body: number
  readonly clientAddress: string
}

/** Which one it is of a call that the retry log holds, and since when that does. */
export interface Attempt {
  readonly number: number
  /** Milliseconds since 1970. */
  readonly enqueuedAtMs: number
}

/** Of the requests that are taken now. */
let attempt: Attempt | null = null

export function setAttempt(ofNext: Attempt | null): void {
  attempt = ofNext
}

/** One request inside this instance, from the frame that brought it until nothing more of it runs. */
export class Invocation {
  readonly requestId: number
  readonly invocationId: string
  /** Time that was left when it came in. */
  readonly remainingMs: number
  /** Null if somebody waits for it. */
  readonly attempt = attempt
  signal: AbortSignal | null = null
  /** Set when the host settled the request by itself: the name of a DOMException. */
  abortName = ''
  isAnswered = false
  /** Stops the body of the response, while it is being written. */
  stopBody: (() => void) | null = null
  /** The handler, and promises given to `waitUntil`, that are not settled yet. */
  running = 1

  constructor(requestId: number, invocationId: string, remainingMs: number) {
    this.requestId = requestId
    this.invocationId = invocationId
    this.remainingMs = remainingMs
  }
}

/** When the call was accepted that it is an attempt of; null if somebody waits for it. */
export function enqueuedAt({ attempt }: Invocation): Date | null {
  return attempt === null ? null : new Date(attempt.enqueuedAtMs)
}

/** Those that outlived the call of their handler. */
const waiting = new Map<number, Invocation>()

export function keepWaiting(invocation: Invocation): void {
  mapSet(waiting, invocation.requestId, invocation)
}

/** One of what an invocation ran (its handler, a promise of `waitUntil`) has settled. */
export function finishOne(invocation: Invocation): void {
  invocation.running--
  if (invocation.running > 0) return
  mapDelete(waiting, invocation.requestId)
  writeDone(invocation.requestId)
}

/** Keeps the invocation until `promise` has settled. */
export function waitUntil(invocation: Invocation, promise: unknown): void {
  if (invocation.running === 0) throw new TypeError('Cannot wait: the request has ended')
  invocation.running++
  keepWaiting(invocation)
  void settle(invocation, promise)
}

/** Never rejects: nobody would catch it. `await` takes whatever it is given and reads no patched `then` of a promise. */
async function settle(invocation: Invocation, promise: unknown): Promise<void> {
  try {
    await promise
  } catch (thrown) {
    const { name, message, stack } = describeThrown(thrown)
    reportRejected(invocation.requestId, name, message, stack)
  }
  finishOne(invocation)
}

export function answerThrown(invocation: Invocation, thrown: unknown): void {
  if (invocation.isAnswered) return
  invocation.isAnswered = true
  const { name, message, stack } = describeThrown(thrown)
  writeError(invocation.requestId, name, message, stack)
}

/**
 * The host has settled the request by itself: whatever the handler still answers is dropped. Without a name only nobody
 * reads the body of its response.
 */
export function abortInvocation(requestId: number, name: string): void {
  const invocation = mapGet(waiting, requestId)
  if (invocation === undefined) return
  if (name === '') {
    invocation.stopBody?.()
    return
  }
  invocation.isAnswered = true
  invocation.abortName = name
  if (invocation.signal !== null) require('../event/abort-signal.ts').abortByHost(invocation.signal, name)
  invocation.stopBody?.()
}
