import type { IncomingMessage } from 'node:http'
import { getLocation, type ParseError, parse, printParseErrorCode } from 'jsonc-parser'
import { IsoletteError } from '../model/errors.ts'

export const maxBodyBytes = 2 * 1024 * 1024

/**
 * Reads a body to its end.
 *
 * A body over the cap is read on and thrown away: a client that is still writing would see its connection break and
 * never the answer. What that costs is bounded by the server's request timeout.
 *
 * @throws IsoletteError `payload_too_large`
 */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let byteLength = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    byteLength += chunk.length
    if (byteLength <= maxBodyBytes) chunks.push(chunk)
    else chunks.length = 0
  }
  if (byteLength > maxBodyBytes) {
    throw new IsoletteError(
      'payload_too_large',
      `Cannot take a body of ${byteLength} bytes, must be at most ${maxBodyBytes}`,
    )
  }
  return Buffer.concat(chunks)
}

/**
 * Parses a body; an empty one is `{}`.
 *
 * @throws IsoletteError `bad_request`, saying where in the text and below which field the JSON breaks
 */
export function parseBody(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return {}
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new IsoletteError('bad_request', 'Cannot read the body: not UTF-8, must be JSON in UTF-8', {
      cause,
    })
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    const place = findBreak(text)
    const where = place === null ? (cause as Error).message : formatPlace(place)
    throw new IsoletteError('bad_request', `Cannot read the body as JSON: ${where}`, {
      cause,
      details: place === null ? {} : { ...place },
    })
  }
}

interface Break {
  /** Counted from 1. */
  readonly line: number
  readonly column: number
  /** Field in which the JSON breaks; empty at the top. */
  readonly path: string
  readonly problem: string
}

/** `JSON.parse` tells a position only sometimes and never a field, so a broken text is read again by a lenient parser. */
function findBreak(text: string): Break | null {
  const errors: ParseError[] = []
  try {
    parse(text, errors, { disallowComments: true })
  } catch {
    // It recurses where V8 does not: nesting by the ten thousand ends its stack.
    return null
  }
  const first = errors[0]
  if (first === undefined) return null
  const before = text.slice(0, first.offset).split('\n')
  return {
    line: before.length,
    column: before.at(-1)!.length + 1,
    path: getLocation(text, first.offset)
      .path.filter((segment) => segment !== '')
      .join('.'),
    problem: printParseErrorCode(first.error)
      .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
      .toLowerCase(),
  }
}

function formatPlace({ line, column, path, problem }: Break): string {
  return `${path === '' ? '' : `${path}: `}${problem} at line ${line}, column ${column}`
}
