import { op } from '../../abi.ts'
import { call } from '../host.ts'

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
