import type { AttemptContext, DirectEvent, HttpEvent, ScheduledEvent } from '../../model/invocation.ts'
import { entryFrame, type Hook, hookNumber } from '../abi.ts'
import type { Rejection } from './rejection.ts'

/** Collects the frames of one entry. Reused: `clear` after each. */
export class EntryFrames {
  #meta = ''
  #text = ''

  get isEmpty(): boolean {
    return this.#meta === ''
  }

  get meta(): string {
    // Every frame ends with a comma.
    return this.#meta.slice(0, -1)
  }

  get text(): string {
    return this.#text
  }

  clear(): void {
    this.#meta = ''
    this.#text = ''
  }

  /** `body` as in `abi.ts`. `clientAddress` may be '' for functions that have no way to see it: asking the socket for it is slow. */
  httpRequest(
    requestId: number,
    event: HttpEvent,
    {
      invocationId,
      remainingMs,
      clientAddress,
      body,
    }: { invocationId: string; remainingMs: number; clientAddress: string; body: number },
  ): void {
    const { method, url, headers } = event
    this.#meta += `${entryFrame.httpRequest},${requestId},${method.length},${url.length},${headers.length},${body},${clientAddress.length},${invocationId.length},${Math.ceil(remainingMs)},`
    this.#text += method + url + headers + clientAddress + invocationId
  }

  directEvent(requestId: number, event: DirectEvent, invocationId: string, remainingMs: number): void {
    const { json } = event
    this.#meta += `${entryFrame.directEvent},${requestId},${json.length},${invocationId.length},${Math.ceil(remainingMs)},`
    this.#text += json + invocationId
  }

  scheduledEvent(requestId: number, event: ScheduledEvent, invocationId: string, remainingMs: number): void {
    const { json, cron, scheduledAtMs } = event
    this.#meta += `${entryFrame.scheduledEvent},${requestId},${json.length},${cron.length},${scheduledAtMs},${invocationId.length},${Math.ceil(remainingMs)},`
    this.#text += json + cron + invocationId
  }

  /** The request whose frame is written next is an attempt to run a call. */
  attempt(requestId: number, { number, enqueuedAtMs }: AttemptContext): void {
    this.#meta += `${entryFrame.attempt},${requestId},${number},${Math.round(enqueuedAtMs)},`
  }

  opResolved(opId: number, text: string): void {
    this.#meta += `${entryFrame.opResolved},${opId},${text.length},`
    this.#text += text
  }

  opRejected(opId: number, message: string): void {
    this.#meta += `${entryFrame.opRejected},${opId},${message.length},`
    this.#text += message
  }

  timersDue(): void {
    this.#meta += `${entryFrame.timersDue},`
  }

  unhandledRejection({ name, message, stack }: Rejection): void {
    this.#meta += `${entryFrame.unhandledRejection},${name.length},${message.length},${stack.length},`
    this.#text += name + message + stack
  }

  lifecycle(requestId: number, hook: Hook, remainingMs: number): void {
    this.#meta += `${entryFrame.lifecycle},${requestId},${hookNumber[hook]},${Math.ceil(remainingMs)},`
  }

  abort(requestId: number, reason: string): void {
    this.#meta += `${entryFrame.abort},${requestId},${reason.length},`
    this.#text += reason
  }
}
