import { op } from '../../abi.ts'
import { call } from '../host.ts'

/** As `takeOpBytes`, decoded as UTF-8, without a byte order mark at its beginning; `isContinued`: that is somewhere else. */
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
