import { createHash } from 'node:crypto'
import type { VersionId, VersionManifest } from './version.ts'

/** What is frozen into a version, and so decides its id. */
export type VersionContent = Pick<
  VersionManifest,
  'bundle' | 'handlerKind' | 'limits' | 'env' | 'layers' | 'layerSet' | 'unsafe' | 'bindings'
>

/**
 * The same content gives the same id on every machine and for ever, in whatever order its keys were written. The source
 * map is not part of it: it changes what a stack says, not what runs.
 */
export function computeVersionId(content: VersionContent): VersionId {
  const canonical = JSON.stringify([
    content.bundle,
    content.handlerKind,
    content.layers,
    sortedEntries(content.limits),
    sortedEntries(content.env),
    // What allows nothing has the id that it had before there was anything to allow.
    ...(content.unsafe?.wasm ? ['wasm'] : []),
    ...(content.layerSet
      ? [content.layerSet.indexes, content.layerSet.bundle, content.layerSet.isPreloaded]
      : []),
    ...(content.bindings && Object.keys(content.bindings).length > 0
      ? [{ bindings: sortedEntries(content.bindings) }]
      : []),
  ])
  return createHash('sha256').update(canonical).digest('hex')
}

function sortedEntries(values: object): [string, unknown][] {
  // Not localeCompare: the order must not depend on the machine's language.
  return Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1))
}
