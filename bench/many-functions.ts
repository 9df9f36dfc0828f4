import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { adminCall } from './admin-call.ts'

export interface ManyFunctions {
  /** What `function.jsonc` says besides the name. */
  readonly settings?: object
  /** Of the first one's name. Default 0. */
  readonly firstIndex?: number
  /** Before the index in each name. Default: `hello`. */
  readonly prefix?: string
  /** The module of a function. Default: one that says hello. */
  readonly moduleOf?: (name: string) => string
  /** Folders of the packages that they find in `node_modules`, by name. */
  readonly packages?: Readonly<Record<string, string>>
}

/**
 * Writes `count` functions that all differ, and deploys them. Returns their names; each answers on `/<name>`.
 */
export async function deployMany(
  adminSocket: string,
  count: number,
  {
    settings = {},
    firstIndex = 0,
    prefix = 'hello',
    moduleOf = helloModule,
    packages = {},
  }: ManyFunctions = {},
): Promise<string[]> {
  const root = await mkdtemp(join(tmpdir(), 'isolette-bench-functions-'))
  const names: string[] = []
  try {
    await mkdir(join(root, 'node_modules'))
    for (const [name, folder] of Object.entries(packages)) {
      await symlink(folder, join(root, 'node_modules', name))
    }
    for (let index = firstIndex; index < firstIndex + count; index++) {
      const name = `${prefix}-${index}`
      const path = join(root, name)
      await mkdir(path)
      await writeFile(join(path, 'function.jsonc'), JSON.stringify({ name, main: 'index.js', ...settings }))
      await writeFile(join(path, 'index.js'), moduleOf(name))
      await adminCall(adminSocket, 'POST', '/v1/deployments', { path })
      names.push(name)
    }
  } finally {
    await rm(root, { recursive: true, force: true })
  }
  return names
}

function helloModule(name: string): string {
  return `export default { async fetch() { return new Response('Hello from ${name}\\n') } }\n`
}
