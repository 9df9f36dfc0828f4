import { op } from '../../abi.ts'
import { call } from '../host.ts'

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
