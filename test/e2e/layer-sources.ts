import { spawnSync } from 'node:child_process'
import { cp, glob, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { writeLayerZip } from '../registry/layers/layer-zip.ts'
import { root } from './server-fixture.ts'

/** Writes files below a folder, which is made if it is missing; returns it. */
export async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<string> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  return folder
}

/** What `mkdir nodejs && cd nodejs && npm install …` leaves, of packages that this repository has installed. */
export async function installPackages(folder: string, packages: readonly string[]): Promise<string> {
  for (const name of packages) {
    const source = join(root, 'node_modules', name)
    await cp(source, join(folder, 'nodejs', 'node_modules', name), { recursive: true })
  }
  return await writeFiles(folder, { 'nodejs/package.json': '{ "dependencies": {} }' })
}

/** Zips what is in a folder as `zip -r layer.zip .` does, by that command where there is one. */
export async function zipFolder(folder: string, zip: string): Promise<string> {
  const { error } = spawnSync('zip', ['-qr', zip, '.'], { cwd: folder })
  if (error === undefined) return zip
  const files: [string, Buffer][] = []
  for await (const entry of glob('**/*', { cwd: folder, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile()) files.push([path.slice(folder.length + 1), await readFile(path)])
  }
  await writeLayerZip(zip, files)
  return zip
}
