import { defineProperty, toStringTag } from '../primordials.ts'

/** Gives a class the name that Web IDL has for it, which the bundler does not keep, and its instances their tag. */
// biome-ignore format: keeps the parentheses, see `primordials.ts`
export const tagClass = (function tagClass(constructor: { readonly prototype: object }, name: string): void {
  const descriptor = { __proto__: null, value: name, configurable: true } as PropertyDescriptor
  defineProperty(constructor, 'name', descriptor)
  defineProperty(constructor.prototype, toStringTag, descriptor)
})
