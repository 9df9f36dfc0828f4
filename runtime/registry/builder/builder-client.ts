import { IsoletteError } from '../../model/errors.ts'
import type { PackedLayer, PackRequest } from '../layers/pack-layer.ts'
import type { Build, Builder, BuildRequest } from './build.ts'
import { ForkedBuilder } from './forked-builder.ts'
import type { LayerLookup } from './layer-lookup.ts'

export interface BuilderOptions {
  /** Finds the layers that functions list. @default there are none */
  readonly layers?: LayerLookup
  /** A builder process was started; whoever outlives this process has to end it. */
  readonly onStarted?: (pid: number) => void
  readonly onEnded?: (pid: number) => void
  /** Most milliseconds for one build. @default 30 000 */
  readonly deadlineMs?: number
  /** Most milliseconds for packing one layer, which may be read from a slow disk, or for checking it. @default 120 000 */
  readonly packDeadlineMs?: number
  /** Milliseconds a top level may overstay `maxEvaluationMs` until its process is killed. @default 1000 */
  readonly evaluationGraceMs?: number
  /** A process without work for this many milliseconds is ended. @default 60 000 */
  readonly idleTimeoutMs?: number
}

const noLayers: LayerLookup = {
  artifacts: '',
  cache: '',
  resolve([reference]) {
    throw new IsoletteError(
      'layer_not_found',
      `Cannot find layer ${JSON.stringify(reference)}: there are none`,
    )
  },
}

const defaults = {
  layers: noLayers,
  onStarted: () => {},
  onEnded: () => {},
  deadlineMs: 30_000,
  packDeadlineMs: 120_000,
  evaluationGraceMs: 1000,
  idleTimeoutMs: 60_000,
}

/** Builds in a process that is started when it is first needed, one thing after the other. `close` ends it. */
export function createBuilder(options: BuilderOptions = {}): Builder {
  return new BuilderClient({ ...defaults, ...options })
}

class BuilderClient implements Builder {
  readonly #options: Required<BuilderOptions>
  #forked: ForkedBuilder | null = null
  #idleTimer: NodeJS.Timeout | undefined
  #last: Promise<unknown> = Promise.resolve()
  #isClosed = false

  constructor(options: Required<BuilderOptions>) {
    this.#options = options
  }

  build(request: BuildRequest): Promise<Build> {
    return this.#inTurn(`build ${JSON.stringify(request.path)}`, (forked) => forked.build(request))
  }

  packLayer(request: PackRequest): Promise<PackedLayer> {
    return this.#inTurn(`pack layer ${JSON.stringify(request.path)}`, (forked) => forked.packLayer(request))
  }

  checkLayer(reference: string): Promise<readonly string[]> {
    return this.#inTurn(`check layer ${reference}`, (forked) => forked.checkLayer(reference))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#idleTimer)
    await this.#forked?.end()
    await this.#last
  }

  #inTurn<T>(what: string, work: (forked: ForkedBuilder) => Promise<T>): Promise<T> {
    const working = this.#last.then(() => this.#workNow(what, work))
    this.#last = working.catch(() => {})
    return working
  }

  async #workNow<T>(what: string, work: (forked: ForkedBuilder) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw isStopping(what)
    clearTimeout(this.#idleTimer)
    if (this.#forked === null || this.#forked.hasEnded) this.#forked = new ForkedBuilder(this.#options)
    const forked = this.#forked
    try {
      return await work(forked)
    } catch (error) {
      throw this.#isClosed ? isStopping(what) : error
    } finally {
      this.#idleTimer = setTimeout(() => forked.end(), this.#options.idleTimeoutMs).unref()
    }
  }
}

function isStopping(what: string): IsoletteError {
  return new IsoletteError('unavailable', `Cannot ${what}: the server is stopping`)
}
