import { defineProperty } from '../primordials.ts'

/**
 * Gives an object a property of its own, as a literal would. Assigned, `__proto__` would not become one, and a setter
 * that somebody put on a prototype would be called instead.
 */
export function defineOwn(object: object, key: PropertyKey, value: unknown, enumerable = true): void {
  const descriptor = { __proto__: null, value, writable: true, enumerable, configurable: true }
  defineProperty(object, key, descriptor as PropertyDescriptor)
}
