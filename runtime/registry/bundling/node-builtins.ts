import { builtinModules } from 'node:module'
import type { OnResolveArgs, Plugin } from 'esbuild'
import { Asked } from '../builder/asked.ts'
import { loadGuestModule, ownNamespace } from './guest-module.ts'

export const asyncHooksName = 'node:async_hooks'
/** How the bundler calls that module in its list of inputs. */
export const asyncHooksPath = `${ownNamespace}:${asyncHooksName}`

/** The one module of Node.js that functions have. */
export const asyncHooks: Plugin = {
  name: asyncHooksName,
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?async_hooks$/ }, () => ({ path: asyncHooksName, namespace: ownNamespace }))
    onLoad({ filter: /^node:async_hooks$/, namespace: ownNamespace }, () => loadGuestModule('async-hooks'))
  },
}

/**
 * The others, where they are asked for by `require` or `import()`: packages that also run without Node.js do so behind a
 * condition. Whoever gets there has an error thrown at him, at deploy if it is while the module is evaluated. An import
 * statement has no condition: the bundler refuses it, with its place.
 *
 * A package's own substitute (`browser` in its package.json, an installed package of that name) comes first.
 */
export const missingBuiltins: Plugin = {
  name: 'missing builtins',
  setup({ onResolve, onLoad, resolve }) {
    const own = Symbol('missing builtins')
    onResolve(
      { filter: builtinFilter },
      async ({ path, kind, importer, namespace, resolveDir, pluginData }) => {
        if (Asked.isBy(own, pluginData) || (kind !== 'require-call' && kind !== 'dynamic-import'))
          return undefined
        const asked = Asked.by(own, pluginData)
        const found = await resolve(path, { kind, importer, namespace, resolveDir, pluginData: asked })
        if (found.errors.length === 0) return undefined
        return {
          path: missingFor({ path, importer }),
          namespace: ownNamespace,
          pluginData: { path, importer },
        }
      },
    )
    onLoad({ filter: / is missing/, namespace: ownNamespace }, ({ pluginData }) => {
      const message = JSON.stringify(builtinRefusal(pluginData.path, pluginData.importer))
      return { contents: `throw Object.assign(new Error(${message}), { code: 'MODULE_NOT_FOUND' })` }
    })
  },
}

export function isBuiltin(specifier: string): boolean {
  return builtinFilter.test(specifier)
}

/** Why a module of Node.js cannot be imported; names the package that does, if it is not the function's own file. */
export function builtinRefusal(specifier: string, importer: string): string {
  const package_ = packageOf(importer)
  const who = package_ === null ? '' : ` for package "${package_}"`
  return `Cannot import "${specifier}"${who}: part of Node.js, must be the web platform, which functions have, or ${asyncHooksName}`
}

const builtinFilter = new RegExp(
  `^(node:.*|(${builtinModules.map((name) => name.replaceAll('/', '\\/')).join('|')}))$`,
)

/** One module for each package that asks, so that each error names the right one. */
function missingFor({ path, importer }: Pick<OnResolveArgs, 'path' | 'importer'>): string {
  const package_ = packageOf(importer)
  return package_ === null ? `${path} is missing` : `${path} is missing for ${package_}`
}

function packageOf(file: string): string | null {
  const [, name] = /.*(?:^|[\\/])node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(file) ?? []
  return name?.replace('\\', '/') ?? null
}
