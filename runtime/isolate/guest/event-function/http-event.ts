import type { HeaderList } from '../fetch/header-list.ts'
import { parseForm } from '../form/form-urlencoded.ts'
import type { HttpInput, Invocation } from '../invocation/invocation.ts'
import { defineOwn } from '../language/define-own.ts'
import { newList, toArray } from '../language/list.ts'
import {
  Date,
  dateNow,
  dateToISOString,
  Map,
  mapForEach,
  mapGet,
  mapSet,
  stringIndexOf,
  stringSlice,
  stringSplit,
  stringTrim,
} from '../primordials.ts'
import type { EventBody } from './event-body.ts'

/** An HTTP request as AWS Lambda's payload 2.0. What only AWS could fill in is left out or a constant. */
export function httpEvent(
  invocation: Invocation,
  input: HttpInput,
  list: HeaderList,
  body: EventBody,
): object {
  const lines = list.lines()
  const { path, query } = splitUrl(input.url)
  const host = list.get('host') ?? ''
  const nowMs = dateNow()
  const cookies = cookiesOf(lines)
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: query,
    ...(cookies.length === 0 ? {} : { cookies }),
    headers: joinByName(lines),
    ...(query === '' ? {} : { queryStringParameters: joinByName(parseForm(query)) }),
    requestContext: {
      accountId: 'anonymous',
      apiId: '$default',
      domainName: host,
      domainPrefix: stringSplit(host, '.')[0],
      http: {
        method: input.method,
        path,
        protocol: 'HTTP/1.1',
        sourceIp: input.clientAddress,
        userAgent: list.get('user-agent') ?? '',
      },
      requestId: invocation.invocationId,
      routeKey: '$default',
      stage: '$default',
      time: commonLogTime(nowMs),
      timeEpoch: nowMs,
    },
    ...body,
  }
}

type Pairs = readonly (readonly [string, string])[]

/** Values of the same name are joined by commas. */
function joinByName(pairs: Pairs): object {
  const values = new Map<string, string>()
  for (let index = 0; index < pairs.length; index++) {
    const name = pairs[index]![0]
    const before = mapGet(values, name)
    mapSet(values, name, before === undefined ? pairs[index]![1] : `${before},${pairs[index]![1]}`)
  }
  const object = {}
  mapForEach(values, (value, name) => defineOwn(object, name, value))
  return object
}

function cookiesOf(lines: Pairs): string[] {
  const cookies = newList<string>()
  for (let index = 0; index < lines.length; index++) {
    if (lines[index]![0] !== 'cookie') continue
    const parts = stringSplit(lines[index]![1], ';')
    for (let part = 0; part < parts.length; part++) {
      const cookie = stringTrim(parts[part]!)
      if (cookie !== '') cookies[cookies.length] = cookie
    }
  }
  return toArray(cookies)
}

function splitUrl(url: string): { readonly path: string; readonly query: string } {
  const pathStart = stringIndexOf(url, '/', stringIndexOf(url, '://') + 3)
  const queryStart = stringIndexOf(url, '?')
  const pathEnd = queryStart === -1 ? url.length : queryStart
  const hasPath = pathStart !== -1 && pathStart < pathEnd
  return {
    path: hasPath ? stringSlice(url, pathStart, pathEnd) : '/',
    query: queryStart === -1 ? '' : stringSlice(url, queryStart + 1),
  }
}

const months = 'JanFebMarAprMayJunJulAugSepOctNovDec'

/** `12/Mar/2020:19:03:58 +0000` */
function commonLogTime(timeMs: number): string {
  const iso = dateToISOString(new Date(timeMs))
  const month = 3 * (+stringSlice(iso, 5, 7) - 1)
  const date = `${stringSlice(iso, 8, 10)}/${stringSlice(months, month, month + 3)}/${stringSlice(iso, 0, 4)}`
  return `${date}:${stringSlice(iso, 11, 19)} +0000`
}
