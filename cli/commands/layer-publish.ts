import { resolve } from 'node:path'
import type { LayerAnswer } from '../../runtime/index.ts'
import { defineCommand } from '../command.ts'
import { exitCodes } from '../failure.ts'
import { plain } from '../plain.ts'
import { print, printError, printJson } from '../print.ts'
import { whileWaiting } from '../progress.ts'
import { formatSize } from '../size.ts'

export const command = defineCommand({
  usage: 'layer publish <name> <zip | folder>',
  description: `Publishes a zip, or a folder, as the next version of a layer. The same content keeps the number it has. Functions
that list it find its files under /opt, and its packages if they are in nodejs/node_modules.

At most 50 MiB zipped, 250 MiB unpacked and 100 000 files.`,
  examples: [
    'npm install --prefix layer/nodejs lodash && isolette layer publish lodash layer',
    'isolette layer publish lodash layer.zip',
  ],
  options: {},
  positionals: [2, 2],
  async run({ positionals, client, json }) {
    const [name, path] = positionals as [string, string]
    const publishing = client.ask<LayerAnswer>('POST', '/v1/layers', { name, path: resolve(path) })
    const answer = await whileWaiting(`publishing ${plain(path)}`, publishing)
    for (const warning of answer.warnings) printError(`isolette: warning: ${plain(warning)}`)
    if (json) printJson(answer)
    else print(formatPublished(answer))
    return exitCodes.ok
  },
})

function formatPublished({ layer, version, files, bytes, unchanged }: LayerAnswer): string {
  const size = `${files} ${files === 1 ? 'file' : 'files'}, ${formatSize(bytes)}`
  return `published ${layer}:${version} (${unchanged ? 'unchanged, ' : ''}${size})`
}
