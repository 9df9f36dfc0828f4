import { defineGlobal } from '../boot/define-global.ts'
import { readArrayBuffer } from '../fetch/read-body.ts'
import { responseStateOf } from '../fetch/response.ts'
import { defineProperty, stringToLowerCase, TypeError, webAssembly } from '../primordials.ts'

/** What an asynchronous `instantiate` of bytes gives. */
interface Instantiated {
  readonly module: object
  readonly instance: object
}

const { Instance, Module } = webAssembly
/** Throws unless it is given a module. */
const { exports: exportsOf } = Module

/**
 * Gives the function WebAssembly, for functions that are allowed it: limits.memoryMiB does not hold for its memory. The
 * others have no way to it, for nothing else leads there.
 *
 * V8's own asynchronous functions answer from threads of the platform, which never get into an isolate that is only
 * entered for entries. These are built on the synchronous constructors; what they take is the request's CPU.
 */
export function giveWebAssembly(): void {
  define('compile', compile)
  define('instantiate', instantiate)
  define('compileStreaming', compileStreaming)
  define('instantiateStreaming', instantiateStreaming)
  defineGlobal('WebAssembly', webAssembly, false)
}

function define(name: string, value: (...args: never[]) => Promise<unknown>): void {
  defineProperty(value, 'name', { __proto__: null, value: name } as PropertyDescriptor)
  const descriptor = { __proto__: null, value, writable: true, enumerable: true, configurable: true }
  defineProperty(webAssembly, name, descriptor as PropertyDescriptor)
}

async function compile(bytes: unknown, options: unknown = undefined): Promise<object> {
  return new Module(bytes, options)
}

async function instantiate(
  source: unknown,
  imports: unknown = undefined,
  options: unknown = undefined,
): Promise<object | Instantiated> {
  if (isModule(source)) return new Instance(source, imports)
  checkImports(imports)
  return instantiateLater(new Module(source, options), imports)
}

async function compileStreaming(source: unknown, options: unknown = undefined): Promise<object> {
  return new Module(await bytesOf(source), options)
}

async function instantiateStreaming(
  source: unknown,
  imports: unknown = undefined,
  options: unknown = undefined,
): Promise<Instantiated> {
  checkImports(imports)
  return instantiateLater(new Module(await bytesOf(source), options), imports)
}

/** Imports are read when the module is ready, as if it had been compiled elsewhere meanwhile. */
async function instantiateLater(module: object, imports: unknown): Promise<Instantiated> {
  await undefined
  return { module, instance: new Instance(module, imports) }
}

function checkImports(imports: unknown): void {
  const isObject = typeof imports === 'object' || typeof imports === 'function'
  if (imports === undefined || (isObject && imports !== null)) return
  throw new TypeError('Cannot instantiate: imports must be an object')
}

function isModule(source: unknown): source is object {
  try {
    exportsOf(source)
    return true
  } catch {
    return false
  }
}

async function bytesOf(source: unknown): Promise<ArrayBuffer> {
  const response = responseStateOf(await source)
  if (response === null) throw new TypeError('Cannot compile: the source must be a Response')
  const { status, body } = response
  if (status < 200 || status > 299) {
    throw new TypeError(`Cannot compile: the response's status is ${status}, must be 200 to 299`)
  }
  const type = response.headerList().get('content-type')
  if (type === null || stringToLowerCase(type) !== 'application/wasm') {
    throw new TypeError(`Cannot compile: the response's content-type is ${type}, must be application/wasm`)
  }
  return readArrayBuffer(body)
}
