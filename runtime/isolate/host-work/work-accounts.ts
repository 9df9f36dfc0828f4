import { fixedLimits } from '../../model/limits.ts'
import type { VersionManifest } from '../../model/version.ts'
import type { Pending } from '../instance/pending.ts'
import type { WorkAccount } from './host-work.ts'

/** Who pays for what an instance has done on the host's threads. */
export class WorkAccounts {
  readonly #ofModule: ModuleAccount

  constructor({ versionId }: Pick<VersionManifest, 'versionId'>) {
    this.#ofModule = new ModuleAccount(versionId)
  }

  /** The request that began it; the module itself for what its top level began. */
  of(owner: Pending | undefined): WorkAccount {
    return owner === undefined ? this.#ofModule : new RequestAccount(owner)
  }
}

class RequestAccount implements WorkAccount {
  readonly #pending: Pending

  constructor(pending: Pending) {
    this.#pending = pending
  }

  get functionKey(): string {
    return this.#pending.invocation.target.functionName
  }

  charge(cpuMs: number): void {
    this.#pending.invocation.usage.cpuMs += cpuMs
  }

  /** Also if the request was answered meanwhile: what it began goes on at its cost. */
  refusal(): string | null {
    const { usage, target } = this.#pending.invocation
    const { cpuMs } = target.manifest.limits
    return usage.cpuMs > cpuMs ? `The request has used its CPU time, limits.cpuMs is ${cpuMs}` : null
  }
}

/** What a module begins before there is a request is bounded as its evaluation is. */
class ModuleAccount implements WorkAccount {
  readonly functionKey: string
  #cpuMs = 0

  constructor(versionId: string) {
    // No function is called so.
    this.functionKey = `version:${versionId}`
  }

  charge(cpuMs: number): void {
    this.#cpuMs += cpuMs
  }

  refusal(): string | null {
    const most = fixedLimits.maxEvaluationMs
    return this.#cpuMs > most ? `The module has used its CPU time, ${most} ms before the first request` : null
  }
}
