import type { LayerDetail, MergedFiles } from '../../runtime/index.ts'
import { adminPath } from '../admin-client.ts'
import { defineCommand } from '../command.ts'
import { exitCodes } from '../failure.ts'
import { parseLayerArgument } from '../layer-reference.ts'
import { plain } from '../plain.ts'
import { print, printError, printJson } from '../print.ts'
import { formatSize } from '../size.ts'
import { formatTable } from '../table.ts'
import { formatDate } from '../time.ts'

export const command = defineCommand({
  usage: 'layer show <layer:version | --merged function[:qualifier]>',
  description: `Shows what a layer holds and which versions of functions hold it.

  --merged   what a function finds under /opt, and which of its layers each file is from`,
  examples: ['isolette layer show lodash:1', 'isolette layer show --merged hello:live'],
  options: { merged: { type: 'boolean' } },
  positionals: [1, 1],
  async run({ values, positionals, client, json }) {
    const subject = positionals[0]!
    if (values.merged) {
      const files = await client.ask<MergedFiles>('GET', mergedPath(subject))
      if (json) printJson(files)
      else printMerged(files)
    } else {
      const [name, version] = parseLayerArgument(subject)
      const layer = await client.ask<LayerDetail>('GET', adminPath`/v1/layers/${name}/${version}`)
      if (json) printJson(layer)
      else print(formatLayer(layer))
    }
    return exitCodes.ok
  },
})

function mergedPath(reference: string): string {
  const colon = reference.indexOf(':')
  if (colon === -1) return adminPath`/v1/functions/${reference}/files`
  const [name, qualifier] = [reference.slice(0, colon), reference.slice(colon + 1)]
  return adminPath`/v1/functions/${name}/files?qualifier=${qualifier}`
}

function printMerged({ function: name, version, layers, content }: MergedFiles): void {
  const rows = content.map(({ path, bytes, layer }) => [formatSize(bytes), layer, plain(path)])
  print(formatTable(['SIZE', 'LAYER', 'FILE'], rows))
  if (layers.length === 0) printError(`isolette: ${name}:${version} has no layers`)
}

function formatLayer({
  layer,
  version,
  publishedAtMs,
  preload,
  usedBy,
  holders,
  ...rest
}: LayerDetail): string {
  const more = usedBy > holders.length ? ` and ${usedBy - holders.length} more` : ''
  const facts = [
    [
      `${layer}:${version}`,
      `${rest.files} ${rest.files === 1 ? 'file' : 'files'}, ${formatSize(rest.bytes)}`,
    ],
    ['published', formatDate(publishedAtMs)],
    ['digest', rest.digest],
    ['preloads', preload === null ? 'what functions import' : plain(preload.join(', ')) || 'nothing'],
    ['used by', holders.length === 0 ? 'nobody' : holders.join(', ') + more],
  ]
  const files = rest.content.map(({ path, bytes }) => [formatSize(bytes), plain(path)])
  return `${formatTable(['LAYER', 'CONTENT'], facts)}\n\n${formatTable(['SIZE', 'FILE'], files)}`
}
