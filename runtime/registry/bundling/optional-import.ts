import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { build, type Loader } from 'esbuild'

/**
 * Whether a module goes on without what it imports, as esbuild sees it: `require` within `try`, `import()` with a `catch`.
 * A plugin that refuses an import is not told.
 */
export async function isOptionalImport(file: string, specifier: string): Promise<boolean> {
  const loader = loaders[extname(file)] ?? 'js'
  try {
    await build({
      stdin: { contents: readFileSync(file), loader },
      bundle: true,
      write: false,
      logLevel: 'silent',
      tsconfigRaw: {},
      plugins: [
        {
          name: 'one import',
          setup: ({ onResolve }) => {
            onResolve({ filter: /^/ }, ({ path, kind }) =>
              kind === 'entry-point' || path === specifier ? undefined : { path, external: true },
            )
          },
        },
      ],
    })
    return true
  } catch {
    return false
  }
}

const loaders: Readonly<Record<string, Loader>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.tsx': 'tsx',
  '.jsx': 'jsx',
}
