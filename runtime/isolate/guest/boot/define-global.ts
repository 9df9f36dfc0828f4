import { defineProperty, globalObject } from '../primordials.ts'

/** Puts a value on the global; Web IDL has operations and attributes enumerable, classes not. */
// biome-ignore format: keeps the parentheses, see `primordials.ts`
export const defineGlobal = (function defineGlobal(name: string, value: unknown, enumerable: boolean): void {
  const descriptor = { __proto__: null, value, writable: true, enumerable, configurable: true }
  // The bundler keeps no names; those of classes are `tagClass`'s matter.
  if (enumerable && typeof value === 'function') {
    defineProperty(value, 'name', { __proto__: null, value: name, configurable: true } as PropertyDescriptor)
  }
  defineProperty(globalObject, name, descriptor as PropertyDescriptor)
})

/** An event handler attribute of the global. */
// biome-ignore format: keeps the parentheses, see `primordials.ts`
export const defineGlobalHandler = (function defineGlobalHandler(name: string, type: string): void {
  const descriptor = {
    __proto__: null,
    get() {
      return require('../event/event-target.ts').listenersOf(globalObject).handlerOf(type)
    },
    set(handler: unknown) {
      require('../event/event-target.ts').listenersOf(globalObject).setHandler(type, handler)
    },
    enumerable: true,
    configurable: true,
  }
  defineProperty(globalObject, name, descriptor as PropertyDescriptor)
})
