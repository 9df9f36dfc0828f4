import { createHash, randomUUID } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ready = fileURLToPath(new URL('./guest.bundle.json', import.meta.url))
const runtimeFolder = fileURLToPath(new URL('..', import.meta.url))

/**
 * The scripts of the guest's side: the one that every isolate evaluates before anything else, `guest/main.ts` and what
 * it imports, then its parts; see `bundleBootstrap`.
 *
 * A package carries them ready made. In a checkout they are bundled when their sources have changed, and kept in
 * `cacheDir`, which only the owner may write to: a worker that must be replaced has no time to bundle. Null = bundle
 * them anew.
 */
export async function readBootstrap(cacheDir: string | null): Promise<string[]> {
  if (existsSync(ready)) return JSON.parse(readFileSync(ready, 'utf8'))
  if (cacheDir === null) return bundle()
  const cached = join(cacheDir, `bootstrap-${digestOfSources()}.json`)
  if (existsSync(cached)) return JSON.parse(readFileSync(cached, 'utf8'))
  const scripts = await bundle()
  mkdirSync(cacheDir, { recursive: true, mode: 0o700 })
  // Several processes may do the same at once: each file appears whole.
  const temporary = `${cached}.${randomUUID()}`
  writeFileSync(temporary, JSON.stringify(scripts), { mode: 0o600 })
  renameSync(temporary, cached)
  return scripts
}

async function bundle(): Promise<string[]> {
  // Loaded only here: esbuild costs a process that finds the bundle ready 20 ms.
  const { bundleBootstrap } = await import('./bundling/bundle-bootstrap.ts')
  try {
    return await bundleBootstrap(join(runtimeFolder, 'isolate/guest/main.ts'))
  } finally {
    // Its process would stay for as long as this one.
    await (await import('esbuild')).stop()
  }
}

/** Of everything that goes into the bundle, and of its neighbours; of packages, of the lockfile. */
function digestOfSources(): string {
  const hash = createHash('sha256')
  const files = globSync(['isolate/**/*.ts', 'model/*.ts'], { cwd: runtimeFolder }).sort()
  for (const file of [...files, '../package-lock.json'])
    hash.update(`${file}\n`).update(readFileSync(join(runtimeFolder, file)))
  return hash.digest('hex').slice(0, 32)
}
