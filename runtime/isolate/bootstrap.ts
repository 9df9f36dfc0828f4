import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

/**
 * The script that every isolate evaluates before anything else: `guest/main.ts` and what it imports, in one piece.
 *
 * A package carries it ready made (`guest.bundle.js`); in a checkout it is bundled here, once a process, in about 50 ms.
 */
export function readBootstrap(): string {
  const ready = fileURLToPath(new URL('./guest.bundle.js', import.meta.url))
  if (existsSync(ready)) return readFileSync(ready, 'utf8')
  return bundleBootstrap(fileURLToPath(new URL('./guest/main.ts', import.meta.url)))
}

/** Bundles the guest's side into one strict script whose completion value is the module's default export. */
export function bundleBootstrap(entryPath: string): string {
  const result = buildSync({
    entryPoints: [entryPath],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'bootstrap',
    // `var bootstrap` must not become a global of the guest.
    banner: { js: '(() => { "use strict";' },
    footer: { js: 'return bootstrap.default; })()' },
    target: 'esnext',
    platform: 'neutral',
    legalComments: 'none',
  })
  return result.outputFiles[0]!.text
}
