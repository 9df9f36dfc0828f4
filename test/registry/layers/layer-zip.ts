import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import yazl from 'yazl'

/** Writes a zip as people make them; a name with a slash at its end is a folder. */
export async function writeLayerZip(
  path: string,
  files: readonly (readonly [name: string, content: string | Buffer])[],
): Promise<void> {
  const zip = new yazl.ZipFile()
  for (const [name, content] of files) {
    if (name.endsWith('/')) zip.addEmptyDirectory(name)
    else zip.addBuffer(Buffer.from(content), name)
  }
  zip.end()
  await pipeline(zip.outputStream, createWriteStream(path))
}
