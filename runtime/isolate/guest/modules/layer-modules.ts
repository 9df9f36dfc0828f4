/**
 * The modules of a layer script, by path: part of each such script, evaluated before any of them. Like them it is the
 * function's own code and names the globals as it finds them.
 *
 * An import of a CommonJS module gives an object with its names as getters, as esbuild makes them. For `lodash` that takes
 * half a millisecond, more than all the rest of a start: so waiting isolates make these objects as well, and functions
 * find them here.
 */

type Namespace = Record<string, unknown>

interface LoadedModule {
  readonly exports: unknown
  namespace: Namespace | null
  /** So many names had the exports when the namespace was made. */
  names: number
  /** How often exports or namespace were given away since. */
  uses: number
}

const { create, defineProperty, getOwnPropertyDescriptor, getOwnPropertyNames, getPrototypeOf, hasOwn } =
  Object

/** What a layer script's `require` answers for `namespacesPath`; the first time, all modules there are have theirs made. */
export type FindNamespace = (exports: unknown, isNodeMode: unknown) => Namespace | undefined

/** No module has this path. */
const namespacesPath = 'isolette:namespaces'

/** @param modules evaluate a module when they are first called, and return its CommonJS exports */
export function requireFrom(modules: Record<string, () => unknown>): (path: string) => unknown {
  const byPath: Record<string, LoadedModule> = create(null)
  const byExports = new Map<unknown, LoadedModule>()
  let isFirst = true

  /**
   * The namespace of what `require` returned; undefined if it did not return that, or if esbuild is to make a new one: for a
   * CommonJS module that calls itself an ES module, where Node's rules apply.
   */
  const findNamespace: FindNamespace = (exports, isNodeMode) => {
    const module = byExports.get(exports)
    if (module === undefined) return undefined
    if (isNodeMode && (module.exports as Namespace).__esModule) return undefined
    // Whoever had it may have given it more names. Counting them takes longer than all else here.
    const isUntouched = module.uses++ === 1
    if (module.namespace !== null && isUntouched) return module.namespace
    const names = getOwnPropertyNames(exports).length
    if (module.namespace === null || module.names !== names) {
      module.namespace = namespaceOf(module.exports as object)
      module.names = names
    }
    return module.namespace
  }

  return (path) => {
    if (path === namespacesPath) {
      if (isFirst) {
        isFirst = false
        byExports.forEach((module) => {
          findNamespace(module.exports, false)
          module.uses = 0
        })
      }
      return findNamespace
    }
    let module = byPath[path]
    if (module === undefined) {
      const evaluate = hasOwn(modules, path) ? modules[path] : undefined
      if (evaluate === undefined) throw new Error(`Cannot find module '${path}' in the layers`)
      const exports = evaluate()
      module = { exports, namespace: null, names: 0, uses: 0 }
      byPath[path] = module
      if ((typeof exports === 'object' && exports !== null) || typeof exports === 'function')
        byExports.set(exports, module)
    }
    module.uses += 1
    return module.exports
  }
}

function namespaceOf(exports: object): Namespace {
  const source = exports as Namespace
  const namespace: Namespace = create(getPrototypeOf(exports))
  if (!source.__esModule) defineProperty(namespace, 'default', { value: exports, enumerable: true })
  const names = getOwnPropertyNames(exports)
  for (const name of names) {
    if (hasOwn(namespace, name)) continue
    const { enumerable = true } = getOwnPropertyDescriptor(exports, name) ?? {}
    defineProperty(namespace, name, { get: () => source[name], enumerable })
  }
  return namespace
}
