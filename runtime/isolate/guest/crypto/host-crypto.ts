import { op } from '../../abi.ts'
import { call } from '../host.ts'

/**
 * One call of `crypto.subtle`, see `web-crypto-abi.ts`. What is answered at once is bytes or text; a number = that key
 * must be given back first; undefined = the answer comes later.
 */
export function callSubtle(
  opId: number,
  requestId: number,
  json: string,
  bytes: ArrayBuffer | undefined,
): ArrayBuffer | string | number | undefined {
  return call(op.subtle, opId, requestId, json, bytes) as ArrayBuffer | string | number | undefined
}

/** Whether the host has the key again. */
export function restoreKey(keyId: number, sealed: string): boolean {
  return call(op.restoreKey, keyId, sealed) === true
}
