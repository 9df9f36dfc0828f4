import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { OnLoadResult } from 'esbuild'

/** How files are called in a bundle that isolette has put there: this, a colon, and the module. */
export const ownNamespace = 'isolette'

/** A module of `isolate/guest/modules/`, to be bundled into functions or layers. */
export function loadGuestModule(name: string): OnLoadResult {
  // TypeScript in a checkout, JavaScript in the package.
  const extension = extname(import.meta.url)
  const url = new URL(`../../isolate/guest/modules/${name}${extension}`, import.meta.url)
  return { contents: readFileSync(fileURLToPath(url), 'utf8'), loader: extension === '.ts' ? 'ts' : 'js' }
}
