import type { Plugin } from 'esbuild'
import { Asked } from '../builder/asked.ts'
import { ownNamespace } from './guest-module.ts'

const suffix = '?module'
const bytes = `${ownNamespace}:bytes`
/** The same text for each file: a path of this machine must not get into a bundle, nor into its source map. */
const contents = `import bytes from ${JSON.stringify(bytes)}\nexport default new WebAssembly.Module(bytes)`

/**
 * Lets an import of a `.wasm` file, as Workers and other edge platforms write it (`./x.wasm`, `./x.wasm?module`), be a
 * `WebAssembly.Module`, compiled when it is first evaluated. Its bytes stand in the bundle.
 */
export function wasmModules(isAllowed: boolean): Plugin {
  return {
    name: 'WebAssembly',
    setup({ onResolve, onLoad, resolve }) {
      const own = Symbol('WebAssembly')
      onResolve({ filter: /\.wasm(\?module)?$/ }, async ({ path, pluginData, ...from }) => {
        if (Asked.isBy(own, pluginData)) return undefined
        const { kind, importer, namespace, resolveDir } = from
        const file = path.endsWith(suffix) ? path.slice(0, -suffix.length) : path
        const asked = Asked.by(own, pluginData)
        const found = await resolve(file, { kind, importer, namespace, resolveDir, pluginData: asked })
        // What it is called in the message is what the author wrote.
        if (found.errors.length > 0) return undefined
        return isAllowed ? { path: found.path, suffix } : { errors: [{ text: refusal(path) }] }
      })
      onResolve({ filter: /^isolette:bytes$/ }, ({ pluginData }) => ({ path: pluginData, namespace: 'file' }))
      onLoad({ filter: /\.wasm$/ }, ({ path, suffix: found }) => {
        return found === suffix ? { contents, pluginData: path } : undefined
      })
    },
  }
}

function refusal(path: string): string {
  return `Cannot import ${JSON.stringify(path)}: unsafe.wasm is false in function.jsonc, must be true, for limits.memoryMiB does not hold for WebAssembly`
}
