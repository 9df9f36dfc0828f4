import { createHash, randomBytes } from 'node:crypto'
import type { VersionLabel } from '../model/version.ts'
import { callTag } from './call-id.ts'
import type { StoredKey } from './log-tables.ts'

/** Where a segment stands, and what can be known of it without reading it. */
export interface SegmentKey {
  readonly functionName: string
  readonly dueAtMs: number
  readonly nonce: string
  readonly version: VersionLabel
  readonly count: number
}

/** Where ends of calls stand that were enqueued in the same millisecond and have the same tag. */
export interface EndedKey {
  readonly enqueuedAtMs: number
  readonly tag: number
  readonly nonce: string
}

/** Behind every string and number. */
const last = '\u{10ffff}'

/** Of functions whose segments were looked for: to make a tag takes as long as the look. */
const tags = new Map<string, number>()
const maxTags = 10_000

function tagOf(functionName: string): number {
  const known = tags.get(functionName)
  if (known !== undefined) return known
  if (tags.size === maxTags) tags.clear()
  const tag = callTag(functionName)
  tags.set(functionName, tag)
  return tag
}

/** First the tag, which a call's id tells, so that a call can be found by its id. */
export function storedSegmentKey(key: SegmentKey): (string | number)[] {
  const { functionName, dueAtMs, nonce, version, count } = key
  return [tagOf(functionName), functionName, dueAtMs, nonce, String(version), count]
}

export function segmentKeyOf(stored: StoredKey): SegmentKey {
  const [, functionName, dueAtMs, nonce, version, count] = stored as [
    number,
    string,
    number,
    string,
    string,
    number,
  ]
  return { functionName, dueAtMs, nonce, version: versionOf(version), count }
}

/** Before all segments of the function that are due at `dueAtMs`. */
export function segmentsFrom(functionName: string, dueAtMs: number): StoredKey {
  return [tagOf(functionName), functionName, dueAtMs]
}

/** Behind all segments of the function. */
export function segmentsEnd(functionName: string): StoredKey {
  return [tagOf(functionName), functionName, last]
}

/** Behind the segment, before the next. */
export function segmentEnd({ functionName, dueAtMs, nonce }: SegmentKey): StoredKey {
  return [tagOf(functionName), functionName, dueAtMs, nonce, last]
}

export function storedEndedKey({ enqueuedAtMs, tag, nonce }: EndedKey): (string | number)[] {
  return [enqueuedAtMs, tag, nonce]
}

export function endedKeyOf(stored: StoredKey): EndedKey {
  const [enqueuedAtMs, tag, nonce] = stored as [number, number, string]
  return { enqueuedAtMs, tag, nonce }
}

/** Callers name calls as they like, also with characters that cannot be in a key. */
export function callerKey(functionName: string, callerId: string): string[] {
  return [functionName, createHash('sha256').update(callerId).digest('hex').slice(0, 32)]
}

export function versionOf(text: string): VersionLabel {
  return text === '$LATEST' ? text : Number(text)
}

/** Parts of keys that are given once, in this process and all others; in the order in which they were given. */
export class Nonces {
  readonly #process = randomBytes(8).toString('hex')
  #given = 0

  next(): string {
    this.#given++
    return this.#given.toString(16).padStart(10, '0') + this.#process
  }
}
