import { newList } from '../language/list.ts'
import { toDictionary, toSequence } from '../language/web-idl.ts'

/** Members that are text, and the three that are not, in the order of their names. */
const members = [
  'alg',
  'crv',
  'd',
  'dp',
  'dq',
  'e',
  'ext',
  'k',
  'key_ops',
  'kty',
  'n',
  'oth',
  'p',
  'priv',
  'pub',
  'q',
  'qi',
  'use',
  'x',
  'y',
] as const

/** Web IDL's conversion to `JsonWebKey`. @throws TypeError, or what a getter throws */
export function toJsonWebKey(value: unknown): object {
  return readMembers(toDictionary(value as Record<string, unknown>), members)
}

function readMembers(source: Record<string, unknown>, names: readonly string[]): object {
  const read = { __proto__: null } as unknown as Record<string, unknown>
  for (let index = 0; index < names.length; index++) {
    const name = names[index]!
    const value = source[name]
    if (value !== undefined) read[name] = convert(name, value)
  }
  return read
}

function convert(name: string, value: unknown): unknown {
  switch (name) {
    case 'ext':
      return !!value
    case 'key_ops':
      return convertAll(value, name, (item) => `${item as string}`)
    case 'oth':
      return convertAll(value, name, (item) =>
        readMembers(toDictionary(item as Record<string, unknown>), otherPrime),
      )
  }
  return `${value as string}`
}

const otherPrime = ['d', 'r', 't'] as const

function convertAll(value: unknown, name: string, convertOne: (item: unknown) => unknown): unknown[] {
  const items = toSequence(value, name)
  // Without a prototype, so that JSON asks nobody for a `toJSON`.
  const converted = newList()
  for (let index = 0; index < items.length; index++) converted[index] = convertOne(items[index])
  return converted
}
