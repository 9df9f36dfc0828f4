import { readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { OnResolveArgs, Plugin } from 'esbuild'

/** How files are called in a bundle that isolette has put there: this, a colon, and the module. */
export const ownNamespace = 'isolette'

const asyncHooksName = 'node:async_hooks'
/** How the bundler calls that module in its list of inputs. */
export const asyncHooksPath = `${ownNamespace}:${asyncHooksName}`

/** The one module of Node.js that functions have. */
export const asyncHooks: Plugin = {
  name: asyncHooksName,
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?async_hooks$/ }, () => ({ path: asyncHooksName, namespace: ownNamespace }))
    onLoad({ filter: /^node:async_hooks$/, namespace: ownNamespace }, () => {
      // TypeScript in a checkout, JavaScript in the package.
      const extension = extname(import.meta.url)
      const url = new URL(`../isolate/guest/modules/async-hooks${extension}`, import.meta.url)
      return { contents: readFileSync(fileURLToPath(url), 'utf8'), loader: extension === '.ts' ? 'ts' : 'js' }
    })
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
    const isAsked = Symbol('asked')
    onResolve(
      { filter: builtinFilter },
      async ({ path, kind, importer, namespace, resolveDir, pluginData }) => {
        if (pluginData === isAsked || (kind !== 'require-call' && kind !== 'dynamic-import')) return undefined
        const found = await resolve(path, { kind, importer, namespace, resolveDir, pluginData: isAsked })
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
