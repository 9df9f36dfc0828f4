import {
  type AsyncSettings,
  type CallFunctions,
  IsoletteError,
  parseQualifier,
  pickVersion,
  type Registry,
  type VersionLabel,
} from '../../runtime/index.ts'

/** What is deployed, as calls see it that the supervisor accepts or delivers. */
export class RegistryCallFunctions implements CallFunctions {
  readonly #registry: Pick<Registry, 'getFunction' | 'hasVersion'>
  readonly #random: () => number

  /** `random` returns a number from 0 up to 1. */
  constructor(registry: Pick<Registry, 'getFunction' | 'hasVersion'>, random: () => number) {
    this.#registry = registry
    this.#random = random
  }

  settingsOf(functionName: string): AsyncSettings | null {
    const settings = this.#registry.getFunction(functionName)?.settings
    if (settings === undefined) return null
    const { async: asked, pool } = settings
    // More attempts than the function may run at once would only come back throttled. A function that is blocked is tried
    // all the same, or nobody would notice when its calls are too old.
    const concurrency = Math.min(asked.concurrency, Math.max(1, pool.reserved ?? asked.concurrency))
    return concurrency === asked.concurrency ? asked : { ...asked, concurrency }
  }

  pick(functionName: string, qualifier: string): VersionLabel {
    const record = this.#registry.getFunction(functionName)
    if (record === null) throw notFound('function', functionName, 'deployed')
    const parsed = parseQualifier(qualifier)
    if (parsed.kind === 'latest') return '$LATEST'
    if (parsed.kind === 'alias') {
      const { alias } = parsed
      if (!Object.hasOwn(record.aliases, alias)) throw notFound('alias', `${functionName}:${alias}`, 'set')
      return pickVersion(record.aliases[alias]!.targets, this.#random())
    }
    const { version } = parsed
    const isThere =
      Object.hasOwn(record.versionIds, version) || this.#registry.hasVersion(functionName, version)
    if (!isThere) throw notFound('version', `${functionName}:${version}`, 'published')
    return version
  }
}

function notFound(kind: 'function' | 'alias' | 'version', name: string, participle: string): IsoletteError {
  return new IsoletteError(
    `${kind}_not_found`,
    `Cannot find ${kind} ${JSON.stringify(name)}: must be ${participle} first`,
  )
}
