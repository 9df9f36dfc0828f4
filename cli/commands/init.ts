import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import { defineCommand } from '../command.ts'
import { exitCodes, Failure } from '../failure.ts'
import { print, printJson } from '../print.ts'

export const command = defineCommand({
  usage: 'init [folder]',
  description:
    'Writes function.jsonc and index.ts of a first function, named after the folder. Overwrites nothing.',
  examples: ['isolette init hello', 'isolette dev hello'],
  options: {},
  positionals: [0, 1],
  async run({ positionals, json }) {
    const folder = resolve(positionals[0] ?? '.')
    const name = nameAfter(folder)
    const files = [
      [join(folder, 'function.jsonc'), configurationOf(name)],
      [join(folder, 'index.ts'), source],
    ] as const
    for (const [path] of files) refuseToOverwrite(path)
    mkdirSync(folder, { recursive: true })
    // `wx`: whoever writes one meanwhile keeps it.
    for (const [path, text] of files) writeFileSync(path, text, { flag: 'wx' })
    const created = files.map(([path]) => path)
    if (json) printJson({ name, created })
    else {
      for (const path of created) print(`created ${relative('', path)}`)
      print(`run it: isolette dev ${relative('', folder) || '.'}, then curl http://127.0.0.1:8787/${name}`)
    }
    return exitCodes.ok
  },
})

/** What a function may be called, as near to the folder's name as can be. */
function nameAfter(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 63)
    .replace(/-+$/, '')
  return name === '' ? 'hello' : name
}

function refuseToOverwrite(path: string): void {
  if (!existsSync(path)) return
  throw new Failure('file_exists', `Cannot write ${relative('', path)}: it is there already, must be free`, {
    exitCode: exitCodes.failed,
  })
}

function configurationOf(name: string): string {
  return `{
  "name": "${name}",
  "main": "index.ts"
  // Without "routes" it answers on /${name} and everything below it.
}
`
}

const source = `export default {
  async fetch(request: Request): Promise<Response> {
    const name = new URL(request.url).searchParams.get('name') ?? 'world'
    return new Response(\`Hello, \${name}!\\n\`)
  },
}
`
