import {
  type AliasTargets,
  type FunctionRecord,
  IsoletteError,
  parseQualifier,
  pickVersion,
  type RegistryView,
  stickyPoint,
  type Target,
  type VersionLabel,
} from '../../runtime/index.ts'
import { FunctionHeads } from './response-head.ts'

export interface PickedTarget extends Target {
  /** `hello:3` or `hello:$LATEST`. */
  readonly executedVersion: string
  readonly heads: FunctionHeads
}

/** What a caller may ask of the choice; '' = nothing. Neither can make a request fail that would succeed without it. */
export interface VersionWish {
  /** Keeps one caller on one version. */
  readonly versionKey: string
  /**
   * A version number. Followed if the function allows it (`versionHeader`) and the alias has the version among its
   * targets, weight 0 included; else passed over, so that clients that pin a version outlive it. The response says
   * which version ran.
   */
  readonly version: string
}

export const noWish: VersionWish = { versionKey: '', version: '' }

const maxVersionKeyBytes = 256

/** One qualifier of one function, resolved. */
interface Choice {
  /** Null for a qualifier that names a version. */
  readonly alias: string | null
  readonly shares: AliasTargets
  readonly byVersion: Map<number, PickedTarget>
  /** Set if there is nothing to choose. */
  readonly only: PickedTarget | null
}

/**
 * Picks the version that runs. For as long as a function's record is unchanged, the same version is the same `Target`
 * object, so that others can keep what they know of it in a `WeakMap`.
 */
export class TargetPicker {
  readonly #view: RegistryView
  readonly #random: () => number
  readonly #choices = new WeakMap<FunctionRecord, Map<string, Choice>>()

  /** `random` returns a number from 0 up to 1. */
  constructor(view: RegistryView, random: () => number) {
    this.#view = view
    this.#random = random
  }

  /**
   * `qualifier` is a version number, an alias or `$LATEST`.
   *
   * @throws IsoletteError `function_not_found`, `alias_not_found`, `version_not_found`, `bad_qualifier`; `bad_request`
   * if the version key is too long; `data_damaged`
   */
  pick(functionName: string, qualifier: string, wish: VersionWish): PickedTarget {
    const record = this.#view.getFunction(functionName)
    if (record === null) throw notFound('function', functionName, 'deployed')
    const choice = this.#choices.get(record)?.get(qualifier) ?? this.#prepare(record, qualifier)
    if (wish.versionKey === '' && wish.version === '') {
      if (choice.only !== null) return choice.only
      return this.#ofVersion(record, choice, pickVersion(choice.shares, this.#random()))
    }
    return this.#pickWished(record, choice, wish)
  }

  #pickWished(record: FunctionRecord, choice: Choice, { versionKey, version }: VersionWish): PickedTarget {
    if (Buffer.byteLength(versionKey) > maxVersionKeyBytes) {
      throw new IsoletteError(
        'bad_request',
        `Cannot use a version key of ${Buffer.byteLength(versionKey)} bytes: must be at most ${maxVersionKeyBytes}`,
      )
    }
    const { alias, shares } = choice
    if (alias === null) return choice.only!
    if (record.settings.versionHeader) {
      const share = shares.find((one) => String(one.version) === version)
      if (share !== undefined) return this.#ofVersion(record, choice, share.version)
    }
    if (choice.only !== null) return choice.only
    const point = versionKey === '' ? this.#random() : stickyPoint(record.name, alias, versionKey)
    return this.#ofVersion(record, choice, pickVersion(shares, point))
  }

  #prepare(record: FunctionRecord, text: string): Choice {
    const choice = this.#resolve(record, text)
    const known = this.#choices.get(record)
    if (known === undefined) this.#choices.set(record, new Map([[text, choice]]))
    else known.set(text, choice)
    return choice
  }

  #resolve(record: FunctionRecord, text: string): Choice {
    const qualifier = parseQualifier(text)
    const byVersion = new Map<number, PickedTarget>()
    if (qualifier.kind !== 'alias') {
      const label = qualifier.kind === 'latest' ? '$LATEST' : qualifier.version
      return { alias: null, shares: [], byVersion, only: this.#target(record, label, null) }
    }
    const { alias } = qualifier
    if (!Object.hasOwn(record.aliases, alias)) throw notFound('alias', `${record.name}:${alias}`, 'set')
    const shares = record.aliases[alias]!.targets
    const weighty = shares.filter((share) => share.weightUnits > 0)
    const only = weighty.length === 1 ? this.#target(record, weighty[0]!.version, alias) : null
    return { alias, shares, byVersion, only }
  }

  #ofVersion(record: FunctionRecord, choice: Choice, version: number): PickedTarget {
    const { only, byVersion, alias } = choice
    if (only !== null && only.label === version) return only
    let target = byVersion.get(version)
    if (target === undefined) {
      target = this.#target(record, version, alias)
      byVersion.set(version, target)
    }
    return target
  }

  #target(record: FunctionRecord, label: VersionLabel, alias: string | null): PickedTarget {
    const { name, settings } = record
    const executedVersion = `${name}:${label}`
    const qualifier =
      label === '$LATEST' ? { kind: 'latest' as const } : { kind: 'version' as const, version: label }
    const versionId = this.#view.resolveVersion(record, qualifier)
    if (versionId === null) throw notFound('version', executedVersion, 'published')
    const manifest = this.#view.getManifest(versionId)
    const heads = new FunctionHeads(executedVersion)
    return { functionName: name, label, alias, manifest, settings, executedVersion, heads }
  }
}

function notFound(kind: 'function' | 'alias' | 'version', name: string, participle: string): IsoletteError {
  return new IsoletteError(
    `${kind}_not_found`,
    `Cannot find ${kind} ${JSON.stringify(name)}: must be ${participle} first`,
  )
}
