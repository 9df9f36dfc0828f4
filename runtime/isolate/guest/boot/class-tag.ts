import { defineProperty, getOwnPropertyDescriptor, ownKeys, toStringTag } from '../primordials.ts'

/**
 * Gives a class what Web IDL has for it and the language or the bundler does not: its name, the tag of its instances,
 * and members that are enumerable.
 */
// biome-ignore format: keeps the parentheses, see `primordials.ts`
export const tagClass = (function tagClass(constructor: { readonly prototype: object }, name: string): void {
  const descriptor = { __proto__: null, value: name, configurable: true } as PropertyDescriptor
  showMembers(constructor.prototype)
  showMembers(constructor)
  defineProperty(constructor, 'name', descriptor)
  defineProperty(constructor.prototype, toStringTag, descriptor)
})

// biome-ignore format: keeps the parentheses, see `primordials.ts`
const showMembers = (function showMembers(holder: object): void {
  const keys = ownKeys(holder)
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]!
    if (typeof key === 'symbol' || key === 'constructor') continue
    const member = getOwnPropertyDescriptor(holder, key)!
    // `length`, `name` and `prototype` of a class are neither of these.
    if (member.get === undefined && typeof member.value !== 'function') continue
    defineProperty(holder, key, { __proto__: null, enumerable: true } as PropertyDescriptor)
  }
})
