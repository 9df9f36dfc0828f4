import { createHash, randomUUID } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ready = fileURLToPath(new URL('./guest.bundle.js', import.meta.url))
const guestFolder = fileURLToPath(new URL('./guest', import.meta.url))

/**
 * The script that every isolate evaluates before anything else: `guest/main.ts` and what it imports, in one piece.
 *
 * A package carries it ready made. In a checkout it is bundled when its sources have changed, and kept in `cacheDir`,
 * which only the owner may write to: a worker that must be replaced has no time to bundle. Null = bundle it anew.
 */
export async function readBootstrap(cacheDir: string | null): Promise<string> {
  if (existsSync(ready)) return readFileSync(ready, 'utf8')
  if (cacheDir === null) return bundle()
  const cached = join(cacheDir, `bootstrap-${digestOfSources()}.js`)
  if (existsSync(cached)) return readFileSync(cached, 'utf8')
  const source = await bundle()
  mkdirSync(cacheDir, { recursive: true, mode: 0o700 })
  // Several processes may do the same at once: each file appears whole.
  const temporary = `${cached}.${randomUUID()}`
  writeFileSync(temporary, source, { mode: 0o600 })
  renameSync(temporary, cached)
  return source
}

async function bundle(): Promise<string> {
  // Loaded only here: esbuild costs a process that finds the bundle ready 20 ms.
  const { bundleBootstrap } = await import('./bundle-bootstrap.ts')
  try {
    return bundleBootstrap(join(guestFolder, 'main.ts'))
  } finally {
    // Its process would stay for as long as this one.
    await (await import('esbuild')).stop()
  }
}

/** Of everything that goes into the bundle. */
function digestOfSources(): string {
  const hash = createHash('sha256')
  const files = globSync('**/*.ts', { cwd: guestFolder }).sort()
  for (const file of files) hash.update(`${file}\n`).update(readFileSync(join(guestFolder, file)))
  for (const file of ['./abi.ts', './bundle-bootstrap.ts', '../model/limits.ts'])
    hash.update(readFileSync(new URL(file, import.meta.url)))
  return hash.digest('hex').slice(0, 32)
}
