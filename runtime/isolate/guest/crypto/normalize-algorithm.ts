import { type Dictionary, type Member, type Operation, registrations } from '../../web-crypto/abi.ts'
import { DOMException } from '../event/dom-exception.ts'
import {
  Map,
  mapGet,
  mapSet,
  objectKeys,
  stringStartsWith,
  stringToLowerCase,
  TypeError,
  typedArrayName,
} from '../primordials.ts'
import { type BufferSource, toBufferSource } from './buffer-source.ts'
import type { CryptoRequest } from './crypto-request.ts'
import { maxLong, maxOctet, maxShort, toAlgorithm, toInteger, toKey } from './web-idl-arguments.ts'

/** Names as they are registered, by the same in lower case: they may be given in any. */
const names = new Map<string, string>()
const registeredNames = objectKeys(registrations)
for (let index = 0; index < registeredNames.length; index++) {
  mapSet(names, stringToLowerCase(registeredNames[index]!), registeredNames[index]!)
}

/**
 * Web Cryptography's "normalize an algorithm": reads what the operation needs, each member once and in the order that
 * Web IDL has, and copies bytes into the request.
 *
 * @returns what the host is told of it
 * @throws TypeError or DOMException, or what a getter throws
 */
export function normalizeAlgorithm(
  request: CryptoRequest,
  algorithm: object | string,
  operation: Operation,
): object {
  const given = typeof algorithm === 'string' ? algorithm : nameOf(algorithm)
  const name = registeredName(given, operation)
  const dictionary = registrations[name]![operation]!
  // A text has no members of its own to read.
  const source = typeof algorithm === 'string' ? { __proto__: null } : algorithm
  return readDictionary(request, source as Record<string, unknown>, { name, dictionary })
}

function nameOf(algorithm: object): string {
  const { name } = algorithm as { name?: unknown }
  if (name === undefined) throw new TypeError('Cannot read the algorithm: its name is missing')
  return `${name as string}`
}

function registeredName(given: string, operation: Operation): string {
  const name = mapGet(names, stringToLowerCase(given))
  if (name !== undefined && registrations[name]![operation] !== undefined) return name
  throw new DOMException(`Cannot use ${given} to ${operation}: not supported`, 'NotSupportedError')
}

function readDictionary(
  request: CryptoRequest,
  source: Record<string, unknown>,
  { name, dictionary }: { readonly name: string; readonly dictionary: Dictionary | null },
): object {
  const read = { __proto__: null, name } as unknown as Record<string, unknown>
  if (dictionary === null) return read
  for (let index = 0; index < dictionary.length; index++) {
    const member = dictionary[index]!
    const value = source[member.name]
    if (value !== undefined) read[member.name] = convert(value, member)
    else if (member.isRequired) {
      throw new TypeError(`Cannot read the parameters of ${name}: ${member.name} is missing`)
    }
  }
  // Only when all were read: a getter may have changed the bytes that another one gave.
  for (let index = 0; index < dictionary.length; index++) finish(request, read, dictionary[index]!)
  return read
}

function convert(value: unknown, { name, kind }: Member): unknown {
  switch (kind) {
    case 'bytes':
      return toBufferSource(value)
    case 'bigInteger':
      if (typedArrayName(value) === 'Uint8Array') return toBufferSource(value)
      throw new TypeError(`Cannot read ${name}: must be a Uint8Array`)
    case 'octet':
      return toInteger(value, maxOctet)
    case 'short':
      return toInteger(value, maxShort)
    case 'long':
      return toInteger(value, maxLong)
    case 'text':
      return `${value as string}`
    case 'hash':
      return toAlgorithm(value)
    case 'key':
      return toKey(value)
  }
}

function finish(request: CryptoRequest, read: Record<string, unknown>, { name, kind }: Member): void {
  const value = read[name]
  if (value === undefined) return
  switch (kind) {
    case 'bytes':
    case 'bigInteger':
      read[name] = request.copyOf(value as BufferSource)
      break
    case 'hash':
      read[name] = hashName(value as object | string)
      break
    case 'key':
      read[name] = request.idOf(value as ReturnType<typeof toKey>)
  }
}

/** Only those of the SHA family serve as a part of other algorithms: they have no parameters of their own. */
function hashName(hash: object | string): string {
  const name = registeredName(typeof hash === 'string' ? hash : nameOf(hash), 'digest')
  if (stringStartsWith(name, 'SHA')) return name
  throw new DOMException(`Cannot use ${name} as hash: must be of the SHA family`, 'NotSupportedError')
}
