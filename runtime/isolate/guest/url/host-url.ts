import { op } from '../../abi.ts'
import { call } from '../host.ts'

/** JSON of nine components, or '' if `url` does not parse. */
export function parseUrl(url: string, base: string | undefined): string {
  return call(op.parseUrl, url, base) as string
}
