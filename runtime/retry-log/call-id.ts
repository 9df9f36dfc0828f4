import { createHash } from 'node:crypto'
import type { CallId } from '../model/call.ts'

const pattern = /^[0-9a-f]{32}$/
/** Bytes of an id that nobody can guess. */
export const callIdRandomBytes = 8

/** 16 bits that tell functions apart; two may have the same. */
export function callTag(functionName: string): number {
  return createHash('sha256').update(functionName).digest().readUInt16BE(0)
}

/**
 * The id of a call. Ids of one millisecond and function differ by chance alone.
 *
 * @param enqueuedAtMs whole milliseconds since 1970, below 2 ** 48
 * @param random `callIdRandomBytes` of them
 */
export function mintCallId(enqueuedAtMs: number, tag: number, random: Uint8Array): CallId {
  const bytes = Buffer.allocUnsafe(16)
  bytes.writeUIntBE(enqueuedAtMs, 0, 6)
  bytes.writeUInt16BE(tag, 6)
  bytes.set(random.subarray(0, callIdRandomBytes), 8)
  return bytes.toString('hex')
}

/** Whether it has the form of one; anybody can write down another. */
export function isCallId(text: string): boolean {
  return pattern.test(text)
}

/** When the call of an id was enqueued, in milliseconds since 1970. */
export function timeOfCallId(id: CallId): number {
  return Number.parseInt(id.slice(0, 12), 16)
}

/** The `callTag` of its function. */
export function tagOfCallId(id: CallId): number {
  return Number.parseInt(id.slice(12, 16), 16)
}
