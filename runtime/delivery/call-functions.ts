import type { AsyncSettings } from '../model/async-settings.ts'
import type { VersionLabel } from '../model/version.ts'

/** What delivery asks about functions, as they are now. */
export interface CallFunctions {
  /** Null if there is no such function. Asked for each call: it has to be quick. */
  settingsOf(functionName: string): AsyncSettings | null
  /**
   * The version for a new call; an alias picks one by chance.
   * @throws IsoletteError `function_not_found`, `version_not_found`, `alias_not_found`, `bad_qualifier`
   */
  pick(functionName: string, qualifier: string): VersionLabel
}
