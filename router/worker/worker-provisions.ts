import {
  IsoletteError,
  type ProvisionedVersion,
  type Target,
  type VersionLabel,
} from '../../runtime/index.ts'

export interface WorkerProvisionsOptions {
  /** @throws IsoletteError `function_not_found`, `version_not_found` */
  readonly targetOf: (functionName: string, version: VersionLabel) => Target
  /** Takes the whole list. */
  readonly keep: (wanted: readonly { readonly target: Target; readonly count: number }[]) => void
  /** A version is there and cannot be read. */
  readonly onFault: (error: unknown) => void
}

/** The instances that the supervisor wants to be ready, as what is deployed in this worker: follows both. */
export class WorkerProvisions {
  readonly #options: WorkerProvisionsOptions
  #versions: readonly ProvisionedVersion[] = []

  constructor(options: WorkerProvisionsOptions) {
    this.#options = options
  }

  /** From now on these, and no others. */
  set(versions: readonly ProvisionedVersion[]): void {
    this.#versions = versions
    this.#options.keep(versions.flatMap((version) => this.#resolve(version)))
  }

  /** These functions have changed: settings are part of what is kept. */
  refresh(functionNames: readonly string[]): void {
    const isConcerned = this.#versions.some(({ functionName }) => functionNames.includes(functionName))
    if (isConcerned) this.set(this.#versions)
  }

  #resolve({ functionName, version, count }: ProvisionedVersion) {
    try {
      return [{ target: this.#options.targetOf(functionName, version), count }]
    } catch (error) {
      // Removed a moment ago, or a number that names nothing.
      const isGone =
        error instanceof IsoletteError && ['function_not_found', 'version_not_found'].includes(error.code)
      if (!isGone) this.#options.onFault(error)
      return []
    }
  }
}
