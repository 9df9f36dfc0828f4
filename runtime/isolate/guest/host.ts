import { fixedLimits } from '../../model/limits.ts'
import { op, progressIndex } from '../abi.ts'
import { globalObject, Int32Array, stringSlice } from './primordials.ts'

type HostCall = (number: number, a?: unknown, b?: unknown, c?: unknown, d?: unknown, e?: unknown) => unknown

interface BootGlobal {
  __isoletteOp?: HostCall
  __isoletteProgress?: SharedArrayBuffer
}

const bootGlobal = globalObject as BootGlobal
/** For what most functions never use: those calls stand with what does. */
export const call: HostCall = bootGlobal.__isoletteOp!
/** Shared with the host, which reads it when the isolate is gone. See `progressIndex`. */
const progress = new Int32Array(bootGlobal.__isoletteProgress!)
delete bootGlobal.__isoletteOp
delete bootGlobal.__isoletteProgress

/** Notes that the next request's handler is about to be called. */
export function noteStarting(): void {
  progress[progressIndex.isStarting] = 1
  progress[progressIndex.startedCount]!++
}

/** Notes that all frames of the entry were handed out. */
export function noteAllStarted(): void {
  progress[progressIndex.isStarting] = 0
}

/** Whether another entry is wanted for the next task of this turn. */
export function noteMoreTasks(hasMore: boolean): void {
  progress[progressIndex.hasMoreTasks] = hasMore ? 1 : 0
}

export function noteRejectionListeners(areThere: boolean): void {
  progress[progressIndex.listensToRejections] = areThere ? 1 : 0
}

/** The request's body as text; empty if it was taken before. */
export function takeBodyText(requestId: number): string {
  return call(op.bodyText, requestId) as string
}

/** The request's body; empty if it was taken before. */
export function takeBodyBytes(requestId: number): ArrayBuffer {
  return call(op.bodyBytes, requestId) as ArrayBuffer
}

/** Hands over the bytes of the response that is announced next; they are copied. */
export function giveBytes(requestId: number, bytes: ArrayBuffer): void {
  call(op.giveBytes, requestId, bytes)
}

export const logLevel = { debug: 0, info: 1, warn: 2, error: 3 } as const

/** More of it the host would drop, and copying it cannot be interrupted. */
const maxLogUnits = fixedLimits.maxLogBytesPerInvocation

/** `requestId` 0 = unknown. */
export function log(requestId: number, level: number, text: string): void {
  if (text.length <= maxLogUnits) call(op.log, requestId, level, text)
  else call(op.log, requestId, level, stringSlice(text, 0, maxLogUnits), text.length - maxLogUnits)
}

export function monotonicMs(): number {
  return call(op.monotonicMs) as number
}

/** Replaces the wake-up asked for before; a negative delay cancels it. */
export function wakeAfter(delayMs: number): void {
  call(op.wakeAfter, delayMs)
}

export function cancelOp(opId: number): void {
  call(op.cancel, opId)
}

export function takeOpBytes(opId: number): ArrayBuffer {
  return call(op.takeBytes, opId) as ArrayBuffer
}

/** A promise that the request gave to `waitUntil` was rejected. */
export function reportRejected(requestId: number, name: string, message: string, stack: string): void {
  call(op.rejected, requestId, name, message, stack)
}

/** What a part of the bootstrap exports. */
export type Part = readonly unknown[]

/** Undefined if it could not be evaluated: stack or memory are used up. */
export function evaluatePart(part: number): ((loadPart: (part: number) => Part) => Part) | undefined {
  return call(op.evaluatePart, part) as ((loadPart: (part: number) => Part) => Part) | undefined
}
