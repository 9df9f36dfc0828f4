import { jsonParse, stringCharCodeAt, stringSlice, TypeError } from '../primordials.ts'
import { parseUrl } from './host-url.ts'
import { UrlRecord } from './url-record.ts'
import { scanUrl } from './url-scan.ts'

/** Parses as the URL standard has it; null if that fails. */
export function parse(url: string, base?: string): UrlRecord | null {
  const scanned = scan(url, base)
  if (scanned !== null) return scanned
  // The host's parser cannot be interrupted.
  if (url.length + (base?.length ?? 0) > maxHostUrlUnits) return null
  const json = parseUrl(url, base)
  return json === '' ? null : recordOf(jsonParse(json) as Parts)
}

/** The short way: an absolute URL, or a path below a base that takes the short way itself. */
function scan(url: string, base: string | undefined): UrlRecord | null {
  if (base === undefined) return scanUrl(url)
  const from = scanUrl(base)
  if (from === null) return null
  const isPath = stringCharCodeAt(url, 0) === slash && stringCharCodeAt(url, 1) !== slash
  return scanUrl(isPath ? stringSlice(base, 0, from.pathStart) + url : url)
}

/** As the host answers: href, protocol, username, password, hostname, port, pathname, search, hash. */
type Parts = readonly [string, string, string, string, string, string, string, string, string]

const hashSign = 35
const slash = 47
const maxHostUrlUnits = 2 ** 20
const questionMark = 63
const at = 64

/** Finds the components in the serialisation, from its end: an empty query or fragment may still have its sign. */
function recordOf(parts: Parts): UrlRecord {
  const href = parts[0]
  const record = new UrlRecord(href)
  record.protocolEnd = parts[1].length
  record.hashStart = href.length - parts[8].length
  if (parts[8] === '' && stringCharCodeAt(href, href.length - 1) === hashSign) record.hashStart--
  record.searchStart = record.hashStart - parts[7].length
  if (parts[7] === '' && stringCharCodeAt(href, record.searchStart - 1) === questionMark) record.searchStart--
  record.pathStart = record.searchStart - parts[6].length
  if (stringSlice(href, record.protocolEnd, record.protocolEnd + 2) !== '//') {
    // No host: what stands between scheme and path is at most `/.`.
    record.userEnd = record.hostStart = record.hostEnd = record.protocolEnd
    return record
  }
  record.hostEnd = record.pathStart - (parts[5] === '' ? 0 : parts[5].length + 1)
  record.hostStart = record.hostEnd - parts[4].length
  record.userEnd = record.hostStart
  if (stringCharCodeAt(href, record.hostStart - 1) === at) {
    record.userEnd = record.protocolEnd + 2 + parts[2].length
  }
  return record
}

/** @throws TypeError if it does not parse. */
export function parseOrThrow(url: string, base?: string): UrlRecord {
  const record = parse(url, base)
  if (record === null) throw new TypeError(`Cannot parse URL "${stringSlice(url, 0, 200)}"`)
  return record
}
