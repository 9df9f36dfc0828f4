import { randomFillSync } from 'node:crypto'
import type { LogLevel } from '../../model/invocation.ts'
import type { GuestError } from '../../model/outcome.ts'
import { op } from '../abi.ts'
import type { SubtleOp } from '../web-crypto/web-crypto.ts'
import type { EnqueueOp } from './guest-enqueues.ts'
import { ownCopy } from './own-copy.ts'
import { decodeText, encodingName } from './text-decoding.ts'
import { parseUrl } from './url-parsing.ts'
import { type CompressionFormat, isCompressionFormat } from './zlib-codec.ts'

/** What an instance does for its guest. Arguments were checked for their type only. */
export interface OpTarget {
  bodyOf(requestId: number): Uint8Array | null
  giveBytes(requestId: number, bytes: Uint8Array): void
  /** `dropped`: so much more of it there was. */
  log(requestId: number, level: LogLevel, text: string, dropped: number): void
  rejected(requestId: number, error: GuestError): void
  monotonicMs(): number
  wakeAfter(delayMs: number): void
  fetch(opId: number, requestId: number, json: string, body: Uint8Array | number | null): void
  cancel(opId: number): void
  takeBytes(opId: number): Uint8Array
  pullChunk(streamId: number): ArrayBuffer | null | undefined | string
  awaitChunk(opId: number, requestId: number, streamId: number): void
  collectStream(opId: number, requestId: number, streamId: number): void
  cancelStream(streamId: number): void
  openSink(requestId: number): number | undefined
  pushChunk(sinkId: number, bytes: Uint8Array): boolean | null
  awaitRoom(opId: number, requestId: number, sinkId: number): void
  endSink(sinkId: number, reason: string | undefined): void
  openCodec(requestId: number, format: CompressionFormat, isDecompressing: boolean): number | string
  runCodec(codecId: number, input: Uint8Array | null, isLast: boolean): Uint8Array | string
  closeCodec(codecId: number): void
  subtle(requestId: number, call: SubtleOp): ArrayBuffer | string | number | undefined
  restoreKey(keyId: number, sealed: string): boolean
  listLayers(folder: string): string
  readLayer(path: string, asText: boolean): Uint8Array | string | number | undefined
  enqueue(opId: number, requestId: number, call: EnqueueOp): void
}

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']
const maxRandomBytes = 65_536
/** Of a text that says why something failed. */
const maxReasonUnits = 8192
const utf8 = new TextDecoder()
/** For what is not the beginning: there a byte order mark is a character. */
const continuedUtf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * Answers one numbered host call. Everything that comes in is hostile; a call that makes no sense answers undefined.
 * Never throws: an exception that crosses into the guest would carry the host's stack.
 */
export function answerOp(
  target: OpTarget,
  number: unknown,
  a: unknown,
  b: unknown,
  c: unknown,
  d: unknown,
  e?: unknown,
): unknown {
  switch (number) {
    case op.bodyText:
      return isId(a) ? utf8.decode(target.bodyOf(a) ?? new Uint8Array()) : undefined
    case op.bodyBytes:
      return isId(a) ? exactBuffer(target.bodyOf(a) ?? new Uint8Array()) : undefined
    case op.giveBytes:
      if (isId(a) && b instanceof ArrayBuffer) target.giveBytes(a, new Uint8Array(b))
      return undefined
    case op.log:
      if (isId(a) && typeof b === 'number' && typeof c === 'string')
        target.log(a, levels[b] ?? 'info', c, isId(d) ? d : 0)
      return undefined
    case op.randomBytes:
      if (!isId(a) || a > maxRandomBytes) return undefined
      return randomFillSync(new Uint8Array(a)).buffer
    case op.monotonicMs:
      return target.monotonicMs()
    case op.wakeAfter:
      if (typeof a === 'number') target.wakeAfter(a)
      return undefined
    case op.parseUrl:
      return typeof a === 'string' ? parseUrl(a, typeof b === 'string' ? b : undefined) : undefined
    case op.encodingName:
      return typeof a === 'string' ? encodingName(a) : undefined
    case op.decodeText:
      if (typeof a !== 'string' || !(c instanceof ArrayBuffer)) return undefined
      return decodeText(a, b === true, new Uint8Array(c), {
        isContinued: d === 1 || d === 3,
        isMoreComing: d === 2 || d === 3,
      })
    case op.fetch:
      if (isId(a) && isId(b) && typeof c === 'string') {
        target.fetch(a, b, c, d instanceof ArrayBuffer ? new Uint8Array(d) : isId(d) ? d : null)
      }
      return undefined
    case op.cancel:
      if (isId(a)) target.cancel(a)
      return undefined
    case op.takeBytes:
      if (!isId(a)) return undefined
      if (b !== true) return ownBuffer(target.takeBytes(a))
      return (c === true ? continuedUtf8 : utf8).decode(target.takeBytes(a))
    case op.rejected:
      if (isId(a) && typeof b === 'string' && typeof c === 'string' && typeof d === 'string')
        target.rejected(a, { name: cut(b), message: cut(c), stack: cut(d) })
      return undefined
    case op.pullChunk:
      return isId(a) ? target.pullChunk(a) : undefined
    case op.awaitChunk:
      if (isId(a) && isId(b) && isId(c)) target.awaitChunk(a, b, c)
      return undefined
    case op.collectStream:
      if (isId(a) && isId(b) && isId(c)) target.collectStream(a, b, c)
      return undefined
    case op.cancelStream:
      if (isId(a)) target.cancelStream(a)
      return undefined
    case op.openSink:
      return isId(a) ? target.openSink(a) : undefined
    case op.pushChunk:
      return isId(a) && b instanceof ArrayBuffer ? target.pushChunk(a, new Uint8Array(b)) : undefined
    case op.awaitRoom:
      if (isId(a) && isId(b) && isId(c)) target.awaitRoom(a, b, c)
      return undefined
    case op.endSink:
      if (isId(a)) target.endSink(a, typeof b === 'string' ? cut(b) : undefined)
      return undefined
    case op.openCodec:
      return isId(a) && isCompressionFormat(b) ? target.openCodec(a, b, c === true) : undefined
    case op.runCodec: {
      if (!isId(a)) return undefined
      const output = target.runCodec(a, b instanceof ArrayBuffer ? new Uint8Array(b) : null, c === true)
      return typeof output === 'string' ? output : exactBuffer(output)
    }
    case op.closeCodec:
      if (isId(a)) target.closeCodec(a)
      return undefined
    case op.subtle:
      if (!isId(a) || !isId(b) || typeof c !== 'string') return undefined
      return target.subtle(b, {
        opId: a,
        json: c,
        bytes: d instanceof ArrayBuffer ? new Uint8Array(d) : new Uint8Array(),
      })
    case op.restoreKey:
      return isId(a) && typeof b === 'string' ? target.restoreKey(a, b) : undefined
    case op.listLayers:
      return typeof a === 'string' ? target.listLayers(a) : ''
    case op.readLayer: {
      if (typeof a !== 'string') return undefined
      const content = target.readLayer(a, b === true)
      return content instanceof Uint8Array ? ownBuffer(content) : content
    }
    case op.enqueue:
      if (isId(a) && isId(b) && typeof c === 'string' && typeof d === 'string' && typeof e === 'string')
        target.enqueue(a, b, { binding: c, json: d, options: e })
      return undefined
    default:
      return undefined
  }
}

function cut(reason: string): string {
  return ownCopy(reason.slice(0, maxReasonUnits))
}

function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** A copy of just these bytes: what is transferred to an isolate must not drag its pool along. */
export function exactBuffer(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
}

/** The same without a copy where the memory is theirs alone. The bytes must not be used afterwards. */
export function ownBuffer(bytes: Uint8Array): ArrayBuffer {
  const { buffer } = bytes
  return buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength ? buffer : exactBuffer(bytes)
}
