import * as z from 'zod'
import {
  formatLayerReference,
  type LayerReference,
  type LayerVersion,
  parseLayerReference,
} from '../../model/layer.ts'
import { defaultAlias, parseQualifier } from '../../model/qualifier.ts'
import { maxHoldersNamed } from '../../registry/layer-changes.ts'
import type { Registry } from '../../registry/registry.ts'
import { absolutePath } from '../absolute-path.ts'
import { command, json } from '../command.ts'
import { mergedFilesOf, readIndex, toEntry } from '../layer-content.ts'
import { publishLayer } from '../layer-publisher.ts'
import type { LayerAnswer, LayerDetail, LayerPage, LayerSummary, Removed } from '../protocol.ts'
import { flag, limitUpTo } from '../query.ts'
import { needFunction } from './functions.ts'

const publication = z.strictObject({
  name: z.string(),
  path: absolutePath,
})

export const layerCommands = [
  command({
    method: 'POST',
    path: '/v1/layers',
    description:
      'Publish the zip or the folder at `path` as the next version of a layer; unchanged content keeps the number it has.',
    body: publication,
    async run(context, { body }) {
      const { layer, unchanged, warnings } = await publishLayer(context, body)
      const answer: LayerAnswer = { ...summarize(context.registry, layer), unchanged, warnings }
      return json(answer)
    },
  }),

  command({
    method: 'GET',
    path: '/v1/layers',
    description:
      'Layers in order of name and number, a page at a time: give the answer’s `cursor` for the next.',
    query: z.strictObject({ cursor: z.string().optional(), limit: limitUpTo(1000, 100) }),
    run({ registry }, { query }) {
      const cursor = query.cursor === undefined ? null : parseLayerReference(query.cursor)
      // One more than asked for tells whether there is a next page.
      const layers = registry.listLayers({ cursor, limit: query.limit + 1 })
      const shown = layers.slice(0, query.limit)
      const page: LayerPage = {
        layers: shown.map((layer) => summarize(registry, layer)),
        cursor: layers.length > query.limit ? formatLayerReference(shown.at(-1)!) : null,
      }
      return json(page)
    },
  }),

  command({
    method: 'GET',
    path: '/v1/layers/:name/:version',
    description: 'One version of a layer, with its files and the versions that hold it.',
    run({ registry, artifacts }, { params }) {
      const layer = registry.getLayer(parsePath(params))
      const { files, preload } = readIndex(artifacts, layer.index)
      const detail: LayerDetail = {
        ...summarize(registry, layer),
        holders: registry.listLayerHolders(layer, { limit: maxHoldersNamed }),
        preload,
        content: files.map(toEntry),
      }
      return json(detail)
    },
  }),

  command({
    method: 'DELETE',
    path: '/v1/layers/:name/:version',
    description:
      'Remove a version of a layer; with `force=true` also while versions hold it, which keep what they have of it.',
    query: z.strictObject({ force: flag }),
    async run({ registry }, { params, query }) {
      const reference = parsePath(params)
      await registry.removeLayer(reference, query)
      const removed: Removed = { removed: formatLayerReference(reference), workers: null }
      return json(removed)
    },
  }),

  command({
    method: 'GET',
    path: '/v1/functions/:name/files',
    description:
      'What a version finds under /opt, and which layer each file is from; `qualifier` names the version, `live` if left out.',
    query: z.strictObject({ qualifier: z.string().default(defaultAlias) }),
    run(context, { params, query }) {
      const record = needFunction(context.registry, params.name)
      return json(mergedFilesOf(context, record, parseQualifier(query.qualifier)))
    },
  }),
]

function parsePath(params: { readonly name: string; readonly version: string }): LayerReference {
  return parseLayerReference(`${params.name}:${params.version}`)
}

function summarize(registry: Registry, layer: LayerVersion): LayerSummary {
  return {
    layer: layer.name,
    version: layer.version,
    digest: layer.index,
    files: layer.fileCount,
    bytes: layer.unpackedBytes,
    publishedAtMs: layer.publishedAtMs,
    usedBy: registry.countLayerHolders(layer),
  }
}
