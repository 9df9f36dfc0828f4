import { op } from '../../abi.ts'
import { call } from '../host.ts'

/** At most 65 536. */
export function randomBytes(byteCount: number): ArrayBuffer {
  return call(op.randomBytes, byteCount) as ArrayBuffer
}
