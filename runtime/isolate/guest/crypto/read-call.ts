import { type BufferSource, toBufferSource } from './buffer-source.ts'
import { CryptoRequest } from './crypto-request.ts'
import { toJsonWebKey } from './json-web-key.ts'
import { normalizeAlgorithm } from './normalize-algorithm.ts'
import { type Method, type Parameter, subtleMethods } from './subtle-methods.ts'
import { toAlgorithm, toBits, toFormat, toKey, toUsages } from './web-idl-arguments.ts'

/** Arguments that were converted and are needed once more: algorithms to be normalized, bytes to be copied. */
interface Held {
  algorithm: object | string
  keyAlgorithm: object | string
  signature: BufferSource | null
  data: BufferSource | null
}

/**
 * Reads the arguments of one method of `subtle`: all of them for their types, in order, then the parameters of
 * algorithms, then bytes.
 *
 * @throws TypeError or DOMException, or what a getter throws
 */
export function readCall(name: keyof typeof subtleMethods, given: readonly unknown[]): CryptoRequest {
  const { parameters, normalizations }: Method = subtleMethods[name]
  const request = new CryptoRequest(name)
  const held: Held = { algorithm: '', keyAlgorithm: '', signature: null, data: null }
  let format = ''
  for (let index = 0; index < parameters.length; index++) {
    const parameter = parameters[index]!
    if (parameter === 'format') format = toFormat(given[index])
    else if (parameter === 'keyData' && format === 'jwk') request.put('jwk', toJsonWebKey(given[index]))
    else readArgument(request, held, parameter, given[index])
  }
  if (format !== '') request.put('format', format)
  for (let index = 0; index < normalizations.length; index++) {
    const normalization = normalizations[index]!
    const algorithm = held[normalization[0]]
    request.put(normalization[0], normalizeFor(request, algorithm, normalization[1], normalization[2]))
  }
  if (held.signature !== null) request.putBytes('signature', held.signature)
  if (held.data !== null) request.putBytes('data', held.data)
  return request
}

function readArgument(request: CryptoRequest, held: Held, parameter: Parameter, value: unknown): void {
  switch (parameter) {
    case 'algorithm':
    case 'keyAlgorithm':
      held[parameter] = toAlgorithm(value)
      break
    case 'key':
    case 'wrappingKey':
      request.putKey(parameter, toKey(value))
      break
    case 'keyData':
      held.data = toBufferSource(value)
      break
    case 'data':
    case 'signature':
      held[parameter] = toBufferSource(value)
      break
    case 'length':
      request.put(parameter, toBits(value))
      break
    case 'extractable':
      request.put(parameter, !!value)
      break
    case 'usages':
      request.put(parameter, toUsages(value))
  }
}

/** Keys are wrapped by an algorithm's own way to do it, or else encrypted. */
function normalizeFor(
  request: CryptoRequest,
  algorithm: object | string,
  operation: Parameters<typeof normalizeAlgorithm>[2],
  otherwise: Parameters<typeof normalizeAlgorithm>[2] | undefined,
): object {
  if (otherwise === undefined) return normalizeAlgorithm(request, algorithm, operation)
  try {
    return normalizeAlgorithm(request, algorithm, operation)
  } catch {
    return normalizeAlgorithm(request, algorithm, otherwise)
  }
}
