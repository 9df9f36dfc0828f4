import { IsoletteError } from '../model/errors.ts'
import type { Build, Builder, BuildRequest } from './build.ts'
import { ForkedBuilder } from './forked-builder.ts'

export interface BuilderOptions {
  /** A builder process was started; whoever outlives this process has to end it. */
  readonly onStarted?: (pid: number) => void
  readonly onEnded?: (pid: number) => void
  /** Most milliseconds for one build. @default 30 000 */
  readonly deadlineMs?: number
  /** Milliseconds a top level may overstay `maxEvaluationMs` until its process is killed. @default 1000 */
  readonly evaluationGraceMs?: number
  /** A process without work for this many milliseconds is ended. @default 60 000 */
  readonly idleTimeoutMs?: number
}

const defaults = {
  onStarted: () => {},
  onEnded: () => {},
  deadlineMs: 30_000,
  evaluationGraceMs: 1000,
  idleTimeoutMs: 60_000,
}

/** Builds in a process that is started when it is first needed, one build after the other. `close` ends it. */
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
    const building = this.#last.then(() => this.#buildNow(request))
    this.#last = building.catch(() => {})
    return building
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#idleTimer)
    await this.#forked?.end()
    await this.#last
  }

  async #buildNow(request: BuildRequest): Promise<Build> {
    if (this.#isClosed) throw isStopping(request)
    clearTimeout(this.#idleTimer)
    if (this.#forked === null || this.#forked.hasEnded) this.#forked = new ForkedBuilder(this.#options)
    const forked = this.#forked
    try {
      return await forked.build(request)
    } catch (error) {
      throw this.#isClosed ? isStopping(request) : error
    } finally {
      this.#idleTimer = setTimeout(() => forked.end(), this.#options.idleTimeoutMs).unref()
    }
  }
}

function isStopping({ path }: BuildRequest): IsoletteError {
  return new IsoletteError('unavailable', `Cannot build ${JSON.stringify(path)}: the server is stopping`)
}
