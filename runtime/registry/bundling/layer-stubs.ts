import { ownNamespace } from './guest-module.ts'
import { asyncHooksName } from './node-builtins.ts'

/** How a module of a layer meets the modules that import it. */
export type ModuleShape =
  | { readonly kind: 'commonjs' }
  /** JSON or text: `require` gives the value, an import has it as its default. */
  | { readonly kind: 'value'; readonly names: readonly string[] }
  /** `isOpen`: it re-exports all names of a CommonJS module, which nobody knows before it is evaluated. */
  | { readonly kind: 'module'; readonly names: readonly string[]; readonly isOpen: boolean }

/** What function scripts with layers, and layer scripts, are given; see `isolate/layer-script.ts`. No globals. */
export const requireLayerName = 'isolette$requireLayer'
export const layerFilesName = 'isolette$layerFiles'

/** esbuild would take a file that is called `….mjs` for an ES module. */
const stubSuffix = ' (layer)'
/** Before the name of a stub that hands on the exports as they are. */
const exportsPrefix = 'exports of '

/** What stands in a bundle for a module of a layer is called so; `isBare` = as `require` gives it, else as imports do. */
export function stubNameOf(path: string, isBare: boolean): string {
  return `${isBare ? exportsPrefix : ''}${path}${stubSuffix}`
}

/** The other way round; null for what is no stub. */
export function readStubName(name: string): { readonly path: string; readonly isBare: boolean } | null {
  if (!name.endsWith(stubSuffix)) return null
  const isBare = name.startsWith(exportsPrefix)
  return { path: name.slice(isBare ? exportsPrefix.length : 0, -stubSuffix.length), isBare }
}

/** What must be the same module for a function and its layers, in place of a path. */
export const sharedAsyncHooks = asyncHooksName

/**
 * What stands in a function's bundle for a module of a layer, so that esbuild binds names to it as it would to the module
 * itself: names that are not there are found at deploy, and those that change stay live.
 */
export function stubOf(path: string, shape: ModuleShape): string {
  const call = `${requireLayerName}(${JSON.stringify(path)})`
  switch (shape.kind) {
    case 'commonjs':
      return `module.exports = ${call}`
    case 'value': {
      const names = shape.names.filter((name) => name !== 'default')
      // What is not used is left out.
      const value = (name: string) => `/* @__PURE__ */ (() => value[${JSON.stringify(name)}])()`
      return [
        `const value = ${call}`,
        'export default value',
        ...names.map((name, index) => `const value${index} = ${value(name)}`),
        ...names.map((name, index) => `export { value${index} as ${JSON.stringify(name)} }`),
      ].join('\n')
    }
    case 'module': {
      const from = JSON.stringify(`${ownNamespace}:${stubNameOf(path, true)}`)
      const names = shape.names.map((name) => JSON.stringify(name)).join(', ')
      return `export { ${names} } from ${from}${shape.isOpen ? `\nexport * from ${from}` : ''}`
    }
  }
}

/** How the bundler calls the module `isolette:layers` in its list of inputs. */
export const layerFilesPath = `${ownNamespace}:layers`

/** That module, in a script that has `layerFilesName`. */
export const layerFilesModule = `export const { readFile, readText, list } = ${layerFilesName}`

/**
 * Makes esbuild's helper for imports of CommonJS modules look first among the namespaces that waiting isolates have made
 * (see `isolate/guest/modules/layer-modules.ts`). No line is added.
 */
export function shareNamespaces(code: string): string {
  const start = 'var __toESM = (mod, isNodeMode, target) => '
  return code.replace(start, () => `${start}${requireLayerName}("isolette:namespaces")(mod, isNodeMode) ?? `)
}
