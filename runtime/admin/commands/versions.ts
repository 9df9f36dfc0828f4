import * as z from 'zod'
import { IsoletteError } from '../../model/errors.ts'
import { checkName } from '../../model/name.ts'
import { parseQualifier } from '../../model/qualifier.ts'
import type { PublishedVersion } from '../../registry/registry.ts'
import { command, json } from '../command.ts'
import { refuseWhileHeld } from '../held-calls.ts'
import type { Removed, VersionAnswer } from '../protocol.ts'
import { flag } from '../query.ts'
import { needFunction } from './functions.ts'

export const versionCommands = [
  command({
    method: 'GET',
    path: '/v1/functions/:name/versions',
    description: 'The published versions of a function.',
    run({ registry }, { params }) {
      const { name } = needFunction(registry, params.name)
      return json({ versions: registry.listVersions(name).map(toAnswer) })
    },
  }),

  command({
    method: 'POST',
    path: '/v1/functions/:name/versions',
    description: 'Publish $LATEST; unchanged code keeps the number it has.',
    async run({ registry, changes }, { params }) {
      const name = checkName('function', params.name)
      const { value, workers } = await changes.run(() => registry.publish(name))
      return json({ ...toAnswer(value), unchanged: value.unchanged, workers })
    },
  }),

  command({
    method: 'DELETE',
    path: '/v1/functions/:name/versions/:number',
    description:
      'Remove a published version; with `force=true` also while an alias points at it or asynchronous calls are for it.',
    query: z.strictObject({ force: flag }),
    async run({ registry, changes, calls }, { params, query }) {
      const name = checkName('function', params.name)
      const version = parseVersionNumber(params.number)
      const { workers } = await changes.run(async () => {
        if (!query.force) await refuseWhileHeld(calls, name, version)
        return registry.removeVersion(name, version, query)
      })
      const removed: Removed = { removed: `${name}:${version}`, workers }
      return json(removed)
    },
  }),
]

function parseVersionNumber(text: string): number {
  const qualifier = parseQualifier(text)
  if (qualifier.kind === 'version') return qualifier.version
  throw new IsoletteError(
    'bad_qualifier',
    `Cannot remove version ${JSON.stringify(text)}: must be the number of a published version`,
  )
}

function toAnswer({ functionName, version, versionId, publishedAtMs }: PublishedVersion): VersionAnswer {
  return { function: functionName, version, versionId, publishedAtMs }
}
