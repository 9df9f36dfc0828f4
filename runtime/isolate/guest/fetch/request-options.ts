import { stringIndexOf, stringSlice, TypeError } from '../primordials.ts'
import { defaultReferrer, type RequestOptions } from './request-state.ts'

/** As somebody gave them; undefined = not given. */
export type GivenOptions = { readonly [Name in keyof RequestOptions]: unknown } & {
  readonly priority: unknown
}

/**
 * `source` with what was given in its place. What it says of a referrer is not passed on by a request that is changed.
 *
 * @throws TypeError for a value that the Fetch standard does not have.
 */
export function readOptions(given: GivenOptions, source: RequestOptions, method: string): RequestOptions {
  const { cache, credentials, integrity, keepalive, mode, priority, referrer, referrerPolicy } = given
  if (priority !== undefined) oneOf('priority', priority, ' high low auto ')
  const options: RequestOptions = {
    cache: cache === undefined ? source.cache : oneOf('cache', cache, caches),
    credentials:
      credentials === undefined ? source.credentials : oneOf('credentials', credentials, allCredentials),
    integrity: integrity === undefined ? source.integrity : `${integrity}`,
    keepalive: keepalive === undefined ? source.keepalive : !!keepalive,
    mode: mode === undefined ? source.mode : oneOf('mode', mode, modes),
    referrer: referrer === undefined ? defaultReferrer : readReferrer(`${referrer}`),
    referrerPolicy: referrerPolicy === undefined ? '' : oneOf('referrerPolicy', referrerPolicy, policies),
  }
  if (options.mode === 'no-cors' && method !== 'GET' && method !== 'HEAD' && method !== 'POST') {
    throw new TypeError(`Cannot make a request: method ${method}, must be GET, HEAD or POST in mode no-cors`)
  }
  if (options.cache === 'only-if-cached' && options.mode !== 'same-origin') {
    throw new TypeError(`Cannot make a request: mode ${options.mode}, must be same-origin for only-if-cached`)
  }
  return options
}

/** Between spaces. */
const caches = ' default no-store reload no-cache force-cache only-if-cached '
const allCredentials = ' omit same-origin include '
const modes = ' same-origin no-cors cors '
const policies =
  ' no-referrer no-referrer-when-downgrade same-origin origin strict-origin origin-when-cross-origin ' +
  'strict-origin-when-cross-origin unsafe-url '

function oneOf(name: string, value: unknown, allowed: string): string {
  const text = `${value}`
  if (stringIndexOf(text, ' ') === -1 && stringIndexOf(allowed, ` ${text} `) !== -1) return text
  if (text === '' && name === 'referrerPolicy') return text
  throw new TypeError(
    `Cannot make a request: ${name} "${stringSlice(text, 0, 100)}", must be one of${allowed}`,
  )
}

function readReferrer(text: string): string {
  if (text === '') return ''
  return require('../url/url-parse.ts').parseOrThrow(text).href
}
