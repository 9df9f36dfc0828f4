import { usualAsync } from '../../model/async-settings.ts'
import type { EgressSettings } from '../../model/egress.ts'
import { type FunctionRecord, usualPool } from '../../model/function.ts'
import { type Limits, limitBounds } from '../../model/limits.ts'
import type { VersionManifest } from '../../model/version.ts'

const usualEgress: EgressSettings = { allow: [], deny: [] }
/** Of those that are frozen into a version, what was not known from the first release on. */
const laterLimits: Pick<Limits, 'streamIdleMs'> = { streamIdleMs: limitBounds.streamIdleMs.default }

/**
 * What a release before this one stored, with what it did not know of yet: the defaults, as if the function had been
 * deployed today without a word about it. So nobody behind the tables need ask whether a setting is there, and the same
 * configuration deployed again changes nothing.
 */
export function completeFunction(record: FunctionRecord): FunctionRecord {
  const { settings } = record
  return {
    ...record,
    settings: {
      ...settings,
      pool: { ...usualPool, ...settings.pool },
      egress: { ...usualEgress, ...settings.egress },
      async: {
        ...usualAsync,
        ...settings.async,
        backoff: { ...usualAsync.backoff, ...settings.async?.backoff },
      },
      triggers: settings.triggers ?? [],
    },
  }
}

/** The same for a version. Its id stays what it was: that of what was frozen into it then. */
export function completeManifest(manifest: VersionManifest): VersionManifest {
  return { ...manifest, limits: { ...laterLimits, ...manifest.limits } }
}
