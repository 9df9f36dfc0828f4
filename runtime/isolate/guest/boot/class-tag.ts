import { defineProperty, ownKeys, Set, setAdd, toStringTag } from '../primordials.ts'

/** The prototypes of the platform's own classes, whose objects are more than their properties. */
export const platformPrototypes = new Set<object>()

const shown = { __proto__: null, enumerable: true } as PropertyDescriptor

/**
 * Gives a class what Web IDL has for it and the language or the bundler does not: its name, the tag of its instances,
 * and members that are enumerable.
 */
// biome-ignore format: keeps the parentheses, see `primordials.ts`
export const tagClass = (function tagClass(constructor: { readonly prototype: object }, name: string): void {
  const descriptor = { __proto__: null, value: name, configurable: true } as PropertyDescriptor
  setAdd(platformPrototypes, constructor.prototype)
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
    // What every function has; by name, for property descriptors inherit what guests put on `Object.prototype`.
    if (typeof holder === 'function' && (key === 'length' || key === 'name' || key === 'prototype')) continue
    defineProperty(holder, key, shown)
  }
})
