import type { CompiledBootstrap } from '../isolate/compiled-bootstrap.ts'
import type { Guardian } from '../isolate/guardian.ts'
import type { CompiledLayerScript, LayerAccess } from '../isolate/layers/layer-script.ts'
import { PreparedIsolate } from '../isolate/prepared-isolate.ts'
import { limitBounds } from '../model/limits.ts'
import type { Digest, VersionManifest } from '../model/version.ts'
import { nextPrewarmStep, PrewarmDemand, type PrewarmSettings } from './prewarm-policy.ts'
import type { PrewarmStatus } from './status.ts'

/** What an isolate must be to do for a version. */
export interface PrewarmWant {
  readonly memoryMiB: number
  /** Of the layers that are evaluated in it before a function arrives; null = none are. */
  readonly script: CompiledLayerScript | null
}

/** The isolate that a version is loaded into; `layers` = what it has of them. */
export function prewarmWant({ limits }: VersionManifest, layers: LayerAccess | null): PrewarmWant {
  return { memoryMiB: limits.memoryMiB, script: layers?.isPreloaded ? layers.script : null }
}

export interface PrewarmOptions {
  readonly bootstrap: CompiledBootstrap
  readonly guardian: Guardian
  readonly settings: PrewarmSettings
  /** Evaluates what a script has to preload; false = it failed, and the isolate is gone. See `preloadLayers`. */
  readonly preload: (prepared: PreparedIsolate, script: CompiledLayerScript) => boolean
  readonly nowMs: () => number
  /** When the thread last had requests to run. */
  readonly lastBusyAtMs: () => number
  /** Whether requests wait for an instance: then none is made that nobody asked for. */
  readonly isAnyoneWaiting: () => boolean
}

/** Isolates of one kind. */
interface PrewarmSet {
  readonly want: PrewarmWant
  readonly demand: PrewarmDemand
  readonly isolates: PreparedIsolate[]
  readonly ready: number
}

const usual: PrewarmWant = { memoryMiB: limitBounds.memoryMiB.default, script: null }
const tickMs = 2
/** One that is wanted is made this often, however busy the thread is: else a busy worker never starts anything new fast. */
const busyEveryMs = 20
/** What a busy thread gives up for that at most: layers may take much longer to evaluate than an isolate takes to make. */
const busyShare = 0.2

/**
 * Isolates that wait for a function, so that a cold start need not make one: sets of them by their memory limit and the
 * layers that they have evaluated.
 *
 * The constructor of an isolate holds the thread for more than a millisecond, hence: one at a time, and in gaps of the
 * event loop.
 */
export class PrewarmPool {
  readonly #options: PrewarmOptions
  /** No more of them than isolates may wait. The usual one is always there. */
  readonly #sets = new Map<string, PrewarmSet>()
  readonly #usual: PrewarmSet
  #timer: NodeJS.Timeout | null = null
  #isScheduled = false
  #madeAtMs = 0
  #tookMs = 0
  #isClosed = false

  constructor(options: PrewarmOptions) {
    this.#options = options
    this.#usual = this.#setOf(usual)
  }

  /** Isolates that wait, of all sets. */
  get ready(): number {
    let count = 0
    for (const set of this.#sets.values()) count += set.ready
    return count
  }

  /** The sets that there are; the usual one first. */
  statuses(): PrewarmStatus[] {
    const nowMs = this.#options.nowMs()
    return [...this.#sets.values()].map(({ want, demand, ready }) => ({
      layerScript: want.script?.digest ?? null,
      memoryMiB: want.memoryMiB,
      ready,
      wanted: demand.wanted(nowMs),
    }))
  }

  /** Makes all bare ones that are missing, at once: before the worker listens. */
  fill(): void {
    const { isolates, demand } = this.#usual
    while (isolates.length < demand.min) isolates.push(this.#make(usual.memoryMiB))
  }

  /**
   * A waiting isolate of that kind; else a bare one with that limit, waiting or new, into which the layers are still to be
   * loaded. The caller owns it.
   */
  take(want: PrewarmWant): PreparedIsolate {
    const set = this.#noteUse(want)
    // The newest: its memory is most likely still in the processor's caches.
    const waiting = set.isolates.pop()
    if (waiting !== undefined) return waiting
    set.demand.noteColdStart(this.#options.nowMs())
    const bare = this.#sets.get(keyOf({ memoryMiB: want.memoryMiB, script: null }))
    return bare?.isolates.pop() ?? this.#makeAtOnce(want.memoryMiB)
  }

  /** A version that needs such an isolate will be asked for before long: one waits for it from now on. */
  expect(want: PrewarmWant): void {
    this.#noteUse(want)
  }

  /** Drops isolates that have evaluated one of these layer scripts, and makes no more of them until one is asked for. */
  forget(layerScripts: ReadonlySet<Digest>): void {
    for (const [key, set] of this.#sets) {
      const { script } = set.want
      if (script === null || !layerScripts.has(script.digest)) continue
      drop(set)
      this.#sets.delete(key)
    }
  }

  /** Drops what is not wanted any more, and looks whether any are missing. To be called once in a while. */
  sweep(): void {
    const { settings, nowMs } = this.#options
    for (;;) {
      const step = nextPrewarmStep(this.#sets.values(), settings.max, nowMs())
      if (step?.kind !== 'drop') break
      step.set.isolates.shift()!.dispose()
    }
    for (const [key, set] of this.#sets) {
      if (set !== this.#usual && set.ready === 0 && set.demand.wanted(nowMs()) === 0) this.#sets.delete(key)
    }
    this.#schedule()
  }

  /** Makes one that is wanted, or makes room for one. Runs by itself. @returns whether there may be more to do */
  refill(): boolean {
    const { settings, nowMs, lastBusyAtMs, isAnyoneWaiting } = this.#options
    const step = nextPrewarmStep(this.#sets.values(), settings.max, nowMs())
    if (step === null) return false
    if (step.kind === 'drop') {
      step.set.isolates.shift()!.dispose()
      return true
    }
    const startMs = nowMs()
    const isGap = startMs - lastBusyAtMs() >= tickMs
    const pauseMs = Math.max(busyEveryMs, this.#tookMs / busyShare)
    if (isAnyoneWaiting() || !(isGap || startMs - this.#madeAtMs >= pauseMs)) return true
    this.#add(step.set)
    this.#madeAtMs = nowMs()
    this.#tookMs = this.#madeAtMs - startMs
    return true
  }

  close(): void {
    this.#isClosed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    for (const set of this.#sets.values()) drop(set)
  }

  #noteUse(want: PrewarmWant): PrewarmSet {
    const set = this.#setOf(want)
    set.demand.usedAtMs = this.#options.nowMs()
    this.#schedule()
    return set
  }

  #setOf(asked: PrewarmWant): PrewarmSet {
    // What cannot be preloaded is loaded with each function.
    const want = asked.script?.failure ? { ...asked, script: null } : asked
    const key = keyOf(want)
    const known = this.#sets.get(key)
    if (known !== undefined) return known
    const { settings } = this.#options
    if (this.#sets.size > settings.max) this.#forgetOldest()
    const isolates: PreparedIsolate[] = []
    const set: PrewarmSet = {
      want,
      demand: new PrewarmDemand(settings, key === keyOf(usual) ? settings.min : 0),
      isolates,
      get ready() {
        return isolates.length
      },
    }
    this.#sets.set(key, set)
    return set
  }

  /** A set holds its script: there must be no end of them. */
  #forgetOldest(): void {
    let oldest: [string, PrewarmSet] | null = null
    for (const entry of this.#sets) {
      if (entry[1] === this.#usual) continue
      if (oldest === null || entry[1].demand.usedAtMs < oldest[1].demand.usedAtMs) oldest = entry
    }
    if (oldest === null) return
    drop(oldest[1])
    this.#sets.delete(oldest[0])
  }

  #add(set: PrewarmSet): void {
    const { want, isolates } = set
    const { memoryMiB, script } = want
    if (script?.failure) {
      drop(set)
      this.#sets.delete(keyOf(want))
      return
    }
    const isolate = this.#make(memoryMiB)
    if (script === null || this.#options.preload(isolate, script)) isolates.push(isolate)
  }

  /** Somebody waits for it. The next one that nobody waits for is not to hold the thread right after it. */
  #makeAtOnce(memoryMiB: number): PreparedIsolate {
    const made = this.#make(memoryMiB, { rehearses: false })
    this.#madeAtMs = this.#options.nowMs()
    return made
  }

  #make(limitMiB: number, how?: { rehearses: boolean }): PreparedIsolate {
    return new PreparedIsolate(this.#options.bootstrap, this.#options.guardian, limitMiB, how)
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isClosed) return
    this.#isScheduled = true
    // One timer for all: a cold start comes by here, and a new one takes it 20 µs more.
    if (this.#timer !== null) this.#timer.refresh()
    else this.#timer = setTimeout(() => this.#tick(), tickMs).unref()
  }

  #tick(): void {
    this.#isScheduled = false
    if (this.refill()) this.#schedule()
  }
}

function keyOf({ memoryMiB, script }: PrewarmWant): string {
  return `${memoryMiB} ${script === null ? '' : script.key}`
}

function drop({ isolates }: PrewarmSet): void {
  for (const isolate of isolates.splice(0)) isolate.dispose()
}
