import type { AsyncSettings, Destination } from '../../model/async-settings.ts'
import { isFunctionReference } from '../../model/qualifier.ts'
import type { AsyncSection } from './async-schema.ts'
import type { ConfigProblem } from './config-problem.ts'

type DestinationKey = 'onSuccess' | 'onFailure'

/** What `async` means, once `findAsyncProblem` has found nothing in it. */
export function asyncSettings(section: AsyncSection): AsyncSettings {
  return {
    ...section,
    timeoutMs: section.timeoutMs ?? null,
    onSuccess: readDestination(section.onSuccess),
    onFailure: readDestination(section.onFailure),
  }
}

/** The first thing that is wrong with `async` beyond single values; null if nothing is. */
export function findAsyncProblem(section: AsyncSection): ConfigProblem | null {
  const { initialMs, maxMs } = section.backoff
  if (maxMs < initialMs) {
    return {
      path: ['async', 'backoff', 'maxMs'],
      problem: `${maxMs}, must be at least async.backoff.initialMs, ${initialMs}`,
    }
  }
  return findDestinationProblem(section, 'onSuccess') ?? findDestinationProblem(section, 'onFailure')
}

/** What stands there is not repeated: a URL may be, or hold, a secret. */
function findDestinationProblem(section: AsyncSection, key: DestinationKey): ConfigProblem | null {
  const destination = section[key]
  if (destination === undefined) return null
  if (typeof destination !== 'string') {
    if (isHttpsUrl(destination.url)) return null
    const problem = 'must be a URL that begins with https://, without user name and password'
    return { path: ['async', key, 'url'], problem }
  }
  if (isFunctionReference(destination)) return null
  const problem = 'must be a function as name or name:qualifier, or an object with url and secret'
  return { path: ['async', key], problem }
}

function isHttpsUrl(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && url.protocol === 'https:' && url.username === '' && url.password === ''
}

function readDestination(destination: AsyncSection[DestinationKey]): Destination | null {
  if (destination === undefined) return null
  if (typeof destination === 'string') return { kind: 'function', reference: destination }
  return { kind: 'url', ...destination }
}
