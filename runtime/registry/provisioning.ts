import { isDeepStrictEqual } from 'node:util'
import { type FunctionRecord, isProvisioned } from '../model/function.ts'
import { ProvisionSchedule } from '../model/provision-schedule.ts'
import { type ProvisionedVersion, provisionedVersions, spreadOver } from '../model/provision-spread.ts'
import type { Registry, RegistryDelta } from './registry.ts'

export interface ProvisioningOptions {
  readonly registry: Pick<Registry, 'listProvisioned'>
  readonly workers: number
  /** Milliseconds since 1970: schedules are of that clock. */
  readonly wallMs: () => number
  /** A worker is to keep something else than before. */
  readonly onChanged: (worker: number, versions: readonly ProvisionedVersion[]) => void
  /** A stored schedule cannot be read: nothing of the function is kept ready. */
  readonly onFault: (functionName: string, error: unknown) => void
}

interface Provisioned {
  readonly record: FunctionRecord
  readonly schedule: ProvisionSchedule
  /** The worker that has the first of its instances: it stays, so that others' changes move nothing here. */
  readonly first: number
  /** One for each worker. */
  lists: ProvisionedVersion[][]
  untilMs: number
}

/** Schedules have seconds. */
const tickEveryMs = 1000

/**
 * What each worker is to keep ready now, of all functions: follows deployments, aliases and the clock. A worker that is
 * replaced has the list of its place.
 */
export class Provisioning {
  readonly #options: ProvisioningOptions
  readonly #functions = new Map<string, Provisioned>()
  /** Instances of all functions, by worker. */
  readonly #loads: number[]
  readonly #timer: NodeJS.Timeout
  /** When a schedule next changes anything. */
  #nextMs = Number.POSITIVE_INFINITY

  /** To be closed, for its clock runs. */
  constructor(options: ProvisioningOptions) {
    this.#options = options
    this.#loads = Array.from({ length: options.workers }, () => 0)
    for (const record of options.registry.listProvisioned()) this.#put(record)
    this.#findNext()
    this.#timer = setInterval(() => this.tick(), tickEveryMs).unref()
  }

  /** What a worker is to keep, by its place. */
  of(worker: number): readonly ProvisionedVersion[] {
    return [...this.#functions.values()].flatMap(({ lists }) => lists[worker] ?? [])
  }

  /** Follows a change of what is deployed. */
  apply(delta: RegistryDelta): void {
    const names = Object.keys(delta.functions)
    this.#change(names, () => {
      for (const name of names) {
        const record = delta.functions[name] ?? null
        if (record !== null && isProvisioned(record.settings.pool)) this.#put(record)
        else this.#remove(name)
      }
    })
  }

  /** Follows the clock. Runs every second by itself. */
  tick(): void {
    const nowMs = this.#options.wallMs()
    if (nowMs < this.#nextMs) return
    const due = [...this.#functions.values()].filter(({ untilMs }) => untilMs <= nowMs)
    const names = due.map(({ record }) => record.name)
    this.#change(names, () => {
      for (const one of due) this.#compute(one, nowMs)
    })
  }

  close(): void {
    clearInterval(this.#timer)
  }

  /** Tells the workers for which `change` made a difference. */
  #change(names: readonly string[], change: () => void): void {
    const listsOf = (name: string) => this.#functions.get(name)?.lists ?? []
    const before = names.map(listsOf)
    change()
    this.#findNext()
    const after = names.map(listsOf)
    for (let worker = 0; worker < this.#options.workers; worker++) {
      const isSame = names.every((_, index) =>
        isDeepStrictEqual(before[index]![worker] ?? [], after[index]![worker] ?? []),
      )
      if (!isSame) this.#options.onChanged(worker, this.of(worker))
    }
  }

  #put(record: FunctionRecord): void {
    const { name, settings } = record
    const first = this.#functions.get(name)?.first ?? this.#loads.indexOf(Math.min(...this.#loads))
    this.#remove(name)
    try {
      const schedule = new ProvisionSchedule(settings.pool)
      const entry: Provisioned = { record, schedule, first, lists: [], untilMs: Number.POSITIVE_INFINITY }
      this.#compute(entry, this.#options.wallMs())
      this.#functions.set(name, entry)
    } catch (error) {
      this.#options.onFault(name, error)
    }
  }

  #remove(name: string): void {
    const entry = this.#functions.get(name)
    if (entry !== undefined) this.#setLists(entry, [])
    this.#functions.delete(name)
  }

  #compute(entry: Provisioned, nowMs: number): void {
    const { counts, untilMs } = entry.schedule.at(nowMs)
    const versions = provisionedVersions(entry.record, counts)
    this.#setLists(entry, spreadOver(this.#options.workers, entry.first, versions))
    entry.untilMs = untilMs ?? Number.POSITIVE_INFINITY
  }

  #setLists(entry: Provisioned, lists: ProvisionedVersion[][]): void {
    this.#loads.forEach((load, worker) => {
      this.#loads[worker] = load + instancesOf(lists[worker]) - instancesOf(entry.lists[worker])
    })
    entry.lists = lists
  }

  #findNext(): void {
    let nextMs = Number.POSITIVE_INFINITY
    for (const { untilMs } of this.#functions.values()) nextMs = Math.min(nextMs, untilMs)
    this.#nextMs = nextMs
  }
}

function instancesOf(list: readonly ProvisionedVersion[] = []): number {
  return list.reduce((sum, { count }) => sum + count, 0)
}
