import type { LayerPage, LayerSummary } from '../../runtime/index.ts'
import type { AdminClient } from '../admin-client.ts'
import { defineCommand } from '../command.ts'
import { exitCodes } from '../failure.ts'
import { print, printJson } from '../print.ts'
import { formatSize } from '../size.ts'
import { formatTable } from '../table.ts'
import { formatDate } from '../time.ts'

export const command = defineCommand({
  usage: 'layer ls',
  description:
    'Lists the layers: what each version holds, when it was published, and how many versions of functions hold it.',
  examples: ['isolette layer ls', "isolette layer ls --json | jq '.layers[].digest'"],
  options: {},
  positionals: [0, 0],
  async run({ client, json }) {
    const layers = await fetchAll(client)
    if (json) printJson({ layers })
    else
      print(formatTable(['LAYER', 'VERSION', 'FILES', 'SIZE', 'PUBLISHED', 'USED BY'], layers.map(formatRow)))
    return exitCodes.ok
  },
})

async function fetchAll(client: AdminClient): Promise<LayerSummary[]> {
  const layers: LayerSummary[] = []
  let next = ''
  for (;;) {
    const page = await client.ask<LayerPage>('GET', `/v1/layers?limit=1000${next}`)
    layers.push(...page.layers)
    if (page.cursor === null) return layers
    next = `&cursor=${encodeURIComponent(page.cursor)}`
  }
}

function formatRow({ layer, version, files, bytes, publishedAtMs, usedBy }: LayerSummary): string[] {
  const users = usedBy === 0 ? '-' : `${usedBy} ${usedBy === 1 ? 'version' : 'versions'}`
  return [layer, String(version), String(files), formatSize(bytes), formatDate(publishedAtMs), users]
}
