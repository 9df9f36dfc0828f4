import { op } from '../../abi.ts'
import { call } from '../host.ts'

export function beginFetch(
  opId: number,
  requestId: number,
  json: string,
  body: ArrayBuffer | number | undefined,
): void {
  call(op.fetch, opId, requestId, json, body)
}
