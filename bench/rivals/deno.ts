import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { freePort, startPinned } from '../pinned-process.ts'
import type { Rival } from './rival.ts'

/**
 * `deno serve` with a module that exports `fetch`, bundled before as isolette bundles it, so that both run the same code.
 *
 * @throws Error that says how to get Deno if `program` is not one
 */
export function denoServe(program: string, module: string): Rival {
  return {
    name: `Deno ${versionOf(program)}`,
    async start(core) {
      const folder = await mkdtemp(join(tmpdir(), 'isolette-bench-deno-'))
      const outfile = join(folder, 'bundle.js')
      await build({ entryPoints: [module], outfile, bundle: true, format: 'esm', platform: 'browser' })
      const port = await freePort()
      const command = [
        program,
        'serve',
        '--no-config',
        '--host',
        '127.0.0.1',
        '--port',
        String(port),
        outfile,
      ]
      const started = await startPinned(core, command, 'Listening on')
      return {
        ...started,
        url: `http://127.0.0.1:${port}/`,
        async stop() {
          await started.stop()
          await rm(folder, { recursive: true, force: true })
        },
      }
    },
  }
}

function versionOf(program: string): string {
  try {
    const output = execFileSync(program, ['--version'], { encoding: 'utf8' })
    return /^deno (\S+)/.exec(output)?.[1] ?? 'of an unknown version'
  } catch (cause) {
    const message = `Cannot run ${program}: must be Deno, on PATH or named with --deno <path> (npm install deno, in another folder)`
    throw new Error(message, { cause })
  }
}
