/**
 * Makes `dist/`: what a package carries instead of TypeScript, for Node strips no types below `node_modules`. Runs
 * before `npm pack`; a checkout never reads `dist/`.
 */
import { execFileSync } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'esbuild'
import { bundleBootstrap } from '../runtime/isolate/bundling/bundle-bootstrap.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')

rmSync(dist, { recursive: true, force: true })

const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'))
execFileSync(process.execPath, [join(typescript, 'bin', 'tsc'), '-p', join(root, 'package')], {
  stdio: 'inherit',
})

const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
write('package.json', `${JSON.stringify({ name, version, type: 'module', private: true }, null, 2)}\n`)

// The guest's side is typed against another world; it is bundled whole, and what functions import from it stays apart.
const scripts = await bundleBootstrap(join(root, 'runtime/isolate/guest/main.ts'))
write('runtime/isolate/guest.bundle.json', JSON.stringify(scripts))
for (const file of globSync('runtime/isolate/guest/modules/**/*.ts', { cwd: root })) {
  const { code } = transformSync(readFileSync(join(root, file), 'utf8'), { loader: 'ts', target: 'esnext' })
  write(file.replace(/\.ts$/, '.js'), code.replaceAll(/(from\s*["'][^"']+)\.ts(["'])/g, '$1.js$2'))
}

function write(path: string, text: string): void {
  const target = join(dist, path)
  mkdirSync(dirname(target), { recursive: true })
  writeFileSync(target, text)
}
