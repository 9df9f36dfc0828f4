import { op } from '../../abi.ts'
import { call } from '../host.ts'

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
