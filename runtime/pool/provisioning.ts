import type { Target } from '../model/invocation.ts'
import type { ProvisionStatus } from './status.ts'

/** Instances of a version that are to be ready before anybody asks for them. */
export interface WantedInstances {
  readonly target: Target
  readonly count: number
}

/** What is looked at of an instance. */
export interface ProvisionedInstance {
  readonly state: 'initialising' | 'resident' | 'retiring' | 'condemned'
  /** That it has begun. */
  readonly invocations: number
}

/** What is looked at of a version's pool. */
export interface ProvisionedPool {
  readonly target: Target
  /** Those that take requests, now or once they are initialised. */
  readonly instances: readonly ProvisionedInstance[]
  readonly maxInvocations: number
  /** Instances that stay although they are idle: set here. */
  provisioned: number
}

export interface ProvisioningOptions<Pool extends ProvisionedPool> {
  readonly nowMs: () => number
  /** When the thread last had requests to run. */
  readonly lastBusyAtMs: () => number
  readonly isAnyoneWaiting: () => boolean
  /** The pool of a version; made if there is none. */
  readonly poolOf: (target: Target) => Pool
  /** One more instance. `no_room`: there is none for it now. */
  readonly create: (
    pool: Pool,
  ) =>
    | { readonly kind: 'made'; readonly instance: ProvisionedInstance }
    | { readonly kind: 'no_room' | 'failed' }
}

/** As long as the prewarm pool takes to make a new isolate for one that was taken, and more. */
const tickMs = 5
/** One is made this often, however busy the thread is, if nobody waits. */
const busyEveryMs = 100
/** After a failure, twice as long after each that follows, up to the most. */
const firstRestMs = 1000
const maxRestMs = 60_000
const noRoomRestMs = 1000
/** An instance that has begun this share of what it may has a successor made. */
const wornShare = 0.9

interface Entry<Pool> {
  readonly pool: Pool
  count: number
  /** The instance that was made last. */
  last: ProvisionedInstance | null
  failures: number
  /** None is made before. */
  restsUntilMs: number
}

/**
 * Keeps instances ready that functions ask for by `pool.provisioned`: makes what is missing, one at a time, in gaps of the
 * event loop, and never while requests wait for instances. A version whose instances do not get ready is tried more and
 * more rarely, one instance at a time.
 */
export class InstanceProvisioning<Pool extends ProvisionedPool> {
  readonly #options: ProvisioningOptions<Pool>
  #entries = new Map<Pool, Entry<Pool>>()
  #timer: NodeJS.Timeout | null = null
  #madeAtMs = Number.NEGATIVE_INFINITY

  constructor(options: ProvisioningOptions<Pool>) {
    this.#options = options
  }

  /** What is to be ready from now on: all of it. What was and is no longer stays until it was idle for too long. */
  set(wanted: readonly WantedInstances[]): void {
    const before = this.#entries
    this.#entries = new Map()
    for (const { target, count } of wanted) {
      const pool = this.#options.poolOf(target)
      const entry = before.get(pool) ?? { pool, count, last: null, failures: 0, restsUntilMs: 0 }
      entry.count = count
      this.#entries.set(pool, entry)
    }
    for (const pool of before.keys()) pool.provisioned = 0
    for (const { pool, count } of this.#entries.values()) pool.provisioned = count
    this.look()
  }

  /** To be called when an instance went, and every second or so: for those that rest, no clock runs here. */
  look(): void {
    if (this.#timer !== null || this.#findDue() === undefined) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.tick()
      this.look()
    }, tickMs).unref()
  }

  /** There may be room where there was none. */
  noteRoom(): void {
    // One that failed rests for another reason.
    for (const entry of this.#entries.values()) if (entry.failures === 0) entry.restsUntilMs = 0
    this.look()
  }

  /** Makes one instance, if one is missing and this is the time for it. Runs by itself while any is to be made. */
  tick(): void {
    const { nowMs, lastBusyAtMs, isAnyoneWaiting } = this.#options
    if (isAnyoneWaiting()) return
    const isGap = nowMs() - lastBusyAtMs() >= tickMs
    if (!isGap && nowMs() - this.#madeAtMs < busyEveryMs) return
    const entry = this.#findDue()
    if (entry !== undefined) this.#make(entry)
  }

  get wanted(): number {
    return this.statuses().reduce((sum, { wanted }) => sum + wanted, 0)
  }

  /** Of those wanted, as many as there are. */
  get ready(): number {
    return this.statuses().reduce((sum, { ready }) => sum + ready, 0)
  }

  /** In the order in which they were set. */
  statuses(): ProvisionStatus[] {
    return [...this.#entries.values()].map(({ pool, count }) => {
      const { functionName, label } = pool.target
      const resident = pool.instances.filter(({ state }) => state === 'resident').length
      return { functionName, version: String(label), wanted: count, ready: Math.min(count, resident) }
    })
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#entries.clear()
  }

  #findDue(): Entry<Pool> | undefined {
    for (const entry of this.#entries.values()) if (this.#isDue(entry)) return entry
    return undefined
  }

  #isDue(entry: Entry<Pool>): boolean {
    this.#judgeLast(entry)
    if (!isMissing(entry) || this.#options.nowMs() < entry.restsUntilMs) return false
    // One that is being tried again has to show first that it works.
    return entry.failures === 0 || entry.last === null
  }

  /** Whether the instance that was made last came to anything. */
  #judgeLast(entry: Entry<Pool>): void {
    const { last, pool } = entry
    if (last === null || last.state === 'initialising') return
    entry.last = null
    // One that went without ever having had a request: `init` failed, or there is not really room for it.
    if (last.invocations > 0 || pool.instances.includes(last)) entry.failures = 0
    else this.#rest(entry)
  }

  #make(entry: Entry<Pool>): void {
    const made = this.#options.create(entry.pool)
    this.#madeAtMs = this.#options.nowMs()
    if (made.kind === 'made') entry.last = made.instance
    else if (made.kind === 'failed') this.#rest(entry)
    else entry.restsUntilMs = this.#madeAtMs + noRoomRestMs
  }

  #rest(entry: Entry<Pool>): void {
    entry.restsUntilMs = this.#options.nowMs() + Math.min(maxRestMs, firstRestMs * 2 ** entry.failures)
    entry.failures++
  }
}

function isMissing({ pool, count }: Entry<ProvisionedPool>): boolean {
  const wornAt = Math.max(1, Math.floor(pool.maxInvocations * wornShare))
  return pool.instances.filter(({ invocations }) => invocations < wornAt).length < count
}
