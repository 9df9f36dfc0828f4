import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, startPinned } from '../pinned-process.ts'
import type { Rival } from './rival.ts'

/**
 * workerd with its worker loader, which makes an isolate for each name it has not seen: `/<name>` answers as the function
 * of that name from `deployMany` does.
 *
 * @throws Error that says how to get workerd if `program` is not one
 */
export function workerdLoader(program: string): Rival {
  return {
    name: `workerd ${versionOf(program)}, worker loader`,
    async start(core) {
      const folder = await mkdtemp(join(tmpdir(), 'isolette-bench-workerd-'))
      const port = await freePort()
      await writeFile(join(folder, 'main.js'), loader)
      await writeFile(join(folder, 'config.capnp'), configuration(port))
      const command = [program, 'serve', '--experimental', '--control-fd=1', join(folder, 'config.capnp')]
      const started = await startPinned(core, command, '"listen"')
      return {
        ...started,
        url: `http://127.0.0.1:${port}`,
        async stop() {
          await started.stop()
          await rm(folder, { recursive: true, force: true })
        },
      }
    },
  }
}

const compatibilityDate = '2026-01-01'

const loader = `export default {
  async fetch(request, env) {
    const name = new URL(request.url).pathname.slice(1)
    const worker = env.LOADER.get(name, async () => ({
      compatibilityDate: '${compatibilityDate}',
      mainModule: 'main.js',
      modules: { 'main.js': \`export default { async fetch() { return new Response('Hello from \${name}\\\\n') } }\` },
    }))
    return worker.getEntrypoint().fetch(request)
  },
}
`

function configuration(port: number): string {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main)],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "main.js", esModule = embed "main.js")],
  compatibilityDate = "${compatibilityDate}",
  bindings = [(name = "LOADER", workerLoader = (id = "functions"))],
);
`
}

function versionOf(program: string): string {
  try {
    return execFileSync(program, ['--version'], { encoding: 'utf8' })
      .replace(/^workerd /, '')
      .trim()
  } catch (cause) {
    const message = `Cannot run ${program}: must be workerd, named with --workerd <path> (npm install workerd, in another folder)`
    throw new Error(message, { cause })
  }
}
