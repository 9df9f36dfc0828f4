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
  readonly exports: object
  namespace: Namespace | null
  /** So many names had the exports when the namespace was made. */
  names: number
}

const { create, defineProperty, getOwnPropertyDescriptor, getOwnPropertyNames, getPrototypeOf, hasOwn } =
  Object

/** What a layer script's `require` answers for `namespacesPath`, with the namespaces of all modules that were required. */
export type FindNamespace = (exports: unknown, isNodeMode: unknown) => Namespace | undefined

/** No module has this path. */
const namespacesPath = 'isolette:namespaces'

/** @param modules evaluate a module when they are first called, and return its CommonJS exports */
export function requireFrom(modules: Record<string, () => unknown>): (path: string) => unknown {
  const exportsByPath: Record<string, unknown> = create(null)
  const loaded = new Map<unknown, LoadedModule>()

  /**
   * The namespace of what `require` returned; undefined if it did not return that, or if esbuild is to make a new one: for a
   * CommonJS module that calls itself an ES module, where Node's rules apply.
   */
  const findNamespace: FindNamespace = (exports, isNodeMode) => {
    const module = loaded.get(exports)
    if (module === undefined) return undefined
    if (isNodeMode && (module.exports as Namespace).__esModule) return undefined
    // Others may have given the module more names since.
    const names = getOwnPropertyNames(exports).length
    if (module.namespace === null || module.names !== names) {
      module.namespace = namespaceOf(module.exports)
      module.names = names
    }
    return module.namespace
  }

  return (path) => {
    if (path === namespacesPath) {
      loaded.forEach(({ exports }) => {
        findNamespace(exports, false)
      })
      return findNamespace
    }
    if (path in exportsByPath) return exportsByPath[path]
    const evaluate = hasOwn(modules, path) ? modules[path] : undefined
    if (evaluate === undefined) throw new Error(`Cannot find module '${path}' in the layers`)
    const exports = evaluate()
    exportsByPath[path] = exports
    if ((typeof exports === 'object' && exports !== null) || typeof exports === 'function')
      loaded.set(exports, { exports, namespace: null, names: 0 })
    return exports
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
