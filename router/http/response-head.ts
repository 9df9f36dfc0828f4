import { STATUS_CODES } from 'node:http'

/** `200 OK` by status. */
const statusLines = Array.from({ length: 600 }, (_, status) => `${status} ${STATUS_CODES[status] ?? ''}`)

/**
 * The text of a response up to its last header, to be written at once: a call for each header would cost more than
 * composing them all. No line break at its end. Bytes if it is not ASCII: header values are byte strings, and text
 * would be written in UTF-8.
 */
export type ResponseHead = string | Uint8Array

/** `headers` are names and values of our own in turn: ASCII without CR, LF or NUL. */
export function composeHead(status: number, headers: readonly string[]): string {
  let head = statusLines[status]!
  for (let index = 0; index < headers.length; index += 2) {
    head += `\r\n${headers[index]}: ${headers[index + 1]}`
  }
  return head
}

/** All of a head but the invocation's id, which comes last. */
interface Beginning {
  readonly status: number
  readonly headers: readonly string[]
  readonly text: string
  readonly isAscii: boolean
}

/** For one version. */
const maxKept = 16
const maxKeptLength = 1024

/**
 * Composes the heads of one version's responses. Most of its responses are of few kinds that differ in nothing but the
 * invocation's id, and instances hand out the same array for the same headers: so the rest is kept.
 */
export class FunctionHeads {
  readonly #executedVersion: string
  readonly #kept: Beginning[] = []
  #nextToGo = 0

  /** `executedVersion` as `hello:3`. */
  constructor(executedVersion: string) {
    this.#executedVersion = executedVersion
  }

  /**
   * `headers` are the function's: names (lower case) and values in turn, which hold no CR, LF or NUL; nothing is checked
   * here. Those that are not the function's to set are left out.
   */
  compose(status: number, headers: readonly string[], invocationId: string): ResponseHead {
    const { text, isAscii } = this.#find(status, headers) ?? this.#begin(status, headers)
    const head = text + invocationId
    return isAscii ? head : Buffer.from(head, 'latin1')
  }

  /** For an answer of ours; `headers` as for `composeHead`. */
  composeFailure(status: number, headers: readonly string[], invocationId: string): string {
    return composeHead(status, [...headers, ...this.#ownHeaders(), invocationId])
  }

  #find(status: number, headers: readonly string[]): Beginning | undefined {
    // By hand: `find` with a callback takes several times as long.
    for (let index = 0; index < this.#kept.length; index++) {
      const beginning = this.#kept[index]!
      if (beginning.headers === headers && beginning.status === status) return beginning
    }
    return undefined
  }

  #begin(status: number, headers: readonly string[]): Beginning {
    const sent: string[] = []
    for (let index = 0; index < headers.length; index += 2) {
      if (!isReserved(headers[index]!)) sent.push(headers[index]!, headers[index + 1]!)
    }
    sent.push(...this.#ownHeaders(), '')
    const text = composeHead(status, sent)
    const isAscii = Buffer.byteLength(text) === text.length
    const beginning = { status, headers, text, isAscii }
    if (text.length <= maxKeptLength) {
      this.#kept[this.#nextToGo] = beginning
      this.#nextToGo = (this.#nextToGo + 1) % maxKept
    }
    return beginning
  }

  /** Up to the invocation's id, which comes last. */
  #ownHeaders(): string[] {
    return ['x-isolette-executed-version', this.#executedVersion, 'x-isolette-invocation-id']
  }
}

/** The same head with word that the connection ends after the response. */
export function withClose(head: ResponseHead): ResponseHead {
  const last = '\r\nconnection: close'
  return typeof head === 'string' ? head + last : Buffer.concat([head, Buffer.from(last)])
}

const comment = Buffer.from(':\n\n')

/** What may stand before the first byte of a body without changing what it says; null = nothing. */
export function greetingFor(headers: readonly string[]): Uint8Array | null {
  let isEventStream = false
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index] === 'content-encoding') return null
    if (headers[index] === 'content-type')
      isEventStream = /^text\/event-stream\s*(;|$)/i.test(headers[index + 1]!)
  }
  return isEventStream ? comment : null
}

/** The length that a function declares for a body that cannot be measured. */
export function declaredLength(headers: readonly string[]): number | undefined {
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index] !== 'content-length') continue
    const value = headers[index + 1]!
    return /^[0-9]{1,15}$/.test(value) ? Number(value) : undefined
  }
  return undefined
}

/**
 * Whether a header belongs to the connection (RFC 9110 §7.6.1), to the framing of the message, or to us. A function
 * that could set one could break the connection's other requests, or pretend to be us.
 */
function isReserved(name: string): boolean {
  switch (name.length) {
    case 2:
      return name === 'te'
    case 4:
      return name === 'date'
    case 7:
      return name === 'trailer' || name === 'upgrade'
    case 10:
      return name === 'connection' || name === 'keep-alive'
    case 14:
      return name === 'content-length'
    case 17:
      if (name === 'transfer-encoding') return true
      break
  }
  return name.startsWith('x-isolette-') || name.startsWith('proxy-')
}
