import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { adminCall } from './admin-call.ts'

/**
 * Writes `count` hello functions that all differ, and deploys them. Returns their names; each answers on `/<name>`.
 */
export async function deployMany(adminSocket: string, count: number): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'isolette-bench-functions-'))
  const names: string[] = []
  try {
    for (let index = 0; index < count; index++) {
      const name = `hello-${index}`
      const path = join(folder, `${name}.js`)
      await writeFile(
        path,
        `export default { async fetch() { return new Response('Hello from ${name}\\n') } }\n`,
      )
      await adminCall(adminSocket, 'POST', '/v1/deployments', { path })
      names.push(name)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return names
}
