import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'

/** Who may import whom, by folder; a folder may always import itself. `docs/architecture.md` says it in words. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'runtime/model': [],
  'runtime/storage': ['runtime/model'],
  'runtime/isolate/guest': [
    'runtime/isolate/abi.ts',
    'runtime/isolate/web-crypto/abi.ts',
    'runtime/model/limits.ts',
  ],
  'runtime/isolate': ['runtime/model'],
  'runtime/registry': ['runtime/model', 'runtime/isolate', 'runtime/storage'],
  'runtime/observe': ['runtime/model'],
  'runtime/pool': ['runtime/model', 'runtime/isolate', 'runtime/observe'],
  'runtime/retry-log': ['runtime/model', 'runtime/storage'],
  'runtime/delivery': ['runtime/model', 'runtime/retry-log/retry-log.ts'],
  'runtime/trigger': ['runtime/model', 'runtime/retry-log/retry-log.ts', 'runtime/registry/registry.ts'],
  'runtime/admin': [
    'runtime/model',
    'runtime/registry',
    'runtime/observe',
    'runtime/pool/status.ts',
    'runtime/retry-log/retry-log.ts',
    'runtime/delivery',
  ],
  // The door: what router and cli see of the runtime.
  runtime: [
    'runtime/model',
    'runtime/isolate',
    'runtime/registry',
    'runtime/observe',
    'runtime/pool',
    'runtime/retry-log',
    'runtime/delivery',
    'runtime/trigger',
    'runtime/admin',
  ],
  router: ['runtime/index.ts', 'runtime/worker-side.ts'],
  cli: ['runtime/index.ts', 'runtime/supervisor-side.ts', 'router/main.ts', 'router/options.ts'],
}

const folders = Object.keys(allowed).sort((a, b) => b.length - a.length)

function folderOf(file: string): string {
  const folder = folders.find((one) => file.startsWith(`${one}/`))
  assert.ok(folder, `${file} lies in no known folder`)
  return folder
}

function importsOf(file: string): string[] {
  const source = readFileSync(file, 'utf8')
  const specifiers = source.matchAll(/(?:from\s+|import\s*\(?\s*)'([^']+)'/g)
  return [...specifiers].map(([, specifier]) => specifier!)
}

const files = globSync(['runtime/**/*.ts', 'router/**/*.ts', 'cli/**/*.{ts,js}']).filter(
  (file) => !file.endsWith('.d.ts'),
)

test('imports go one way', () => {
  const wrong: string[] = []
  for (const file of files) {
    const folder = folderOf(file)
    for (const specifier of importsOf(file).filter((one) => one.startsWith('.'))) {
      const imported = normalize(join(dirname(file), specifier))
      const isOwn = folderOf(imported) === folder
      const isAllowed = allowed[folder]!.some((one) => imported === one || imported.startsWith(`${one}/`))
      const isGuest = imported.startsWith('runtime/isolate/guest/') && folder !== 'runtime/isolate/guest'
      if ((!isOwn && !isAllowed) || isGuest) wrong.push(`${file} imports ${imported}`)
    }
  }
  assert.deepEqual(wrong, [])
})

test('only runtime/isolate imports isolated-vm', () => {
  const wrong = files.filter(
    (file) => importsOf(file).includes('isolated-vm') && !file.startsWith('runtime/isolate/'),
  )
  assert.deepEqual(wrong, [])
})

test('files are named in kebab-case, and by an idea', () => {
  const wrong = files.filter((file) => {
    const name = file.split('/').at(-1)!
    if (file === 'runtime/index.ts') return false
    return (
      !/^[a-z0-9]+(-[a-z0-9]+)*\.(ts|js)$/.test(name) ||
      /^(index|utils?|helpers?|common|shared|types|manager)\./.test(name)
    )
  })
  assert.deepEqual(wrong, [])
})
