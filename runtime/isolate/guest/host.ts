import { fixedLimits } from '../../model/limits.ts'
import { op, progressIndex } from '../abi.ts'
import { globalObject, Int32Array, stringSlice } from './primordials.ts'

type HostCall = (number: number, a?: unknown, b?: unknown, c?: unknown, d?: unknown) => unknown

interface BootGlobal {
  __isoletteOp?: HostCall
  __isoletteProgress?: SharedArrayBuffer
}

const bootGlobal = globalObject as BootGlobal
const call = bootGlobal.__isoletteOp!
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

/** At most 65 536. */
export function randomBytes(byteCount: number): ArrayBuffer {
  return call(op.randomBytes, byteCount) as ArrayBuffer
}

export function monotonicMs(): number {
  return call(op.monotonicMs) as number
}

/** Replaces the wake-up asked for before; a negative delay cancels it. */
export function wakeAfter(delayMs: number): void {
  call(op.wakeAfter, delayMs)
}

/** JSON of nine components, or '' if `url` does not parse. */
export function parseUrl(url: string, base: string | undefined): string {
  return call(op.parseUrl, url, base) as string
}

/** The name of an encoding that only the host decodes, '' if the label is none. */
export function encodingName(label: string): string {
  return call(op.encodingName, label) as string
}

/** See `op.decodeText`; undefined if the bytes are wrong. */
export function decodeText(
  name: string,
  isFatal: boolean,
  bytes: ArrayBuffer,
  stage: number,
): string | undefined {
  return call(op.decodeText, name, isFatal, bytes, stage) as string | undefined
}

export function beginFetch(
  opId: number,
  requestId: number,
  json: string,
  body: ArrayBuffer | number | undefined,
): void {
  call(op.fetch, opId, requestId, json, body)
}

export function cancelOp(opId: number): void {
  call(op.cancel, opId)
}

export function takeOpBytes(opId: number): ArrayBuffer {
  return call(op.takeBytes, opId) as ArrayBuffer
}

/** The same, decoded as UTF-8, without a byte order mark at its beginning; `isContinued`: that is somewhere else. */
export function takeOpText(opId: number, isContinued: boolean): string {
  return call(op.takeBytes, opId, true, isContinued) as string
}

/** What is at hand of a stream: null = its end, undefined = nothing yet, text = why no more comes. */
export function pullChunk(streamId: number): ArrayBuffer | null | undefined | string {
  return call(op.pullChunk, streamId) as ArrayBuffer | null | undefined | string
}

export function awaitChunk(opId: number, requestId: number, streamId: number): void {
  call(op.awaitChunk, opId, requestId, streamId)
}

/** Reads to the end; `takeOpBytes` or `takeOpText` then give all, or piece by piece; see `op.collectStream`. */
export function collectStream(opId: number, requestId: number, streamId: number): void {
  call(op.collectStream, opId, requestId, streamId)
}

export function cancelStream(streamId: number): void {
  call(op.cancelStream, streamId)
}

/** The id of a new sink; undefined if the request may open no more. */
export function openSink(requestId: number): number | undefined {
  return call(op.openSink, requestId) as number | undefined
}

/** The bytes are copied. Whether there is room for more; null = nobody reads it any more. */
export function pushChunk(sinkId: number, bytes: ArrayBuffer): boolean | null {
  return call(op.pushChunk, sinkId, bytes) as boolean | null
}

export function awaitRoom(opId: number, requestId: number, sinkId: number): void {
  call(op.awaitRoom, opId, requestId, sinkId)
}

/** `reason`: why it is incomplete. */
export function endSink(sinkId: number, reason?: string): void {
  call(op.endSink, sinkId, reason)
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

/**
 * One call of `crypto.subtle`, see `web-crypto-abi.ts`. What is answered at once is bytes or text; a number = that key
 * must be given back first; undefined = the answer comes later.
 */
export function callSubtle(
  opId: number,
  requestId: number,
  json: string,
  bytes: ArrayBuffer | undefined,
): ArrayBuffer | string | number | undefined {
  return call(op.subtle, opId, requestId, json, bytes) as ArrayBuffer | string | number | undefined
}

/** Whether the host has the key again. */
export function restoreKey(keyId: number, sealed: string): boolean {
  return call(op.restoreKey, keyId, sealed) === true
}

/** A compressor's id; a text = there is none, and why. `requestId` 0 = it is no request's. */
export function openCodec(requestId: number, format: string, isDecompressing: boolean): number | string {
  return call(op.openCodec, requestId, format, isDecompressing) as number | string
}

/** So many bytes a compressor takes at once, at most, and so many it gives out. */
export const maxCodecInput = 16_384
export const maxCodecOutput = 65_536

/**
 * What comes out of a compressor: if it is `maxCodecOutput`, there may be more, which comes without input. A text = it
 * failed, and why. It is closed then, and after the last.
 */
export function runCodec(
  codecId: number,
  input: ArrayBuffer | undefined,
  isLast: boolean,
): ArrayBuffer | string {
  return call(op.runCodec, codecId, input, isLast) as ArrayBuffer | string
}

export function closeCodec(codecId: number): void {
  call(op.closeCodec, codecId)
}

/** What the layers have in a folder, as JSON; '' = there is no such folder. */
export function listLayers(folder: string): string {
  return call(op.listLayers, folder) as string
}

/** A file of the layers; undefined = there is none, a number = so many bytes, which is too much. */
export function readLayer(path: string, asText: boolean): ArrayBuffer | string | number | undefined {
  return call(op.readLayer, path, asText) as ArrayBuffer | string | number | undefined
}
