import type { Timers } from './timers.ts'

/** How long after a failure the log is tried again. */
const probeAfterMs = 500

export interface LogHealthOptions {
  readonly timers: Timers
  /** Why it cannot be written; null = it can again. */
  readonly onChanged: (failure: string | null) => void
  /** To try the log, and say `works` or `failed`. */
  readonly probe: () => void
}

/** Whether the log can be written, as those find out who write it. */
export class LogHealth {
  readonly #options: LogHealthOptions
  #failure: string | null = null
  #cancelProbe: (() => void) | null = null

  constructor(options: LogHealthOptions) {
    this.#options = options
  }

  /** Null = it can be written, as far as is known. */
  get failure(): string | null {
    return this.#failure
  }

  failed(error: unknown): void {
    this.#cancelProbe ??= this.#options.timers.after(probeAfterMs, () => {
      this.#cancelProbe = null
      this.#options.probe()
    })
    const isNew = this.#failure === null
    this.#failure = error instanceof Error ? error.message : String(error)
    if (isNew) this.#options.onChanged(this.#failure)
  }

  works(): void {
    if (this.#failure === null) return
    this.#failure = null
    this.close()
    this.#options.onChanged(null)
  }

  close(): void {
    this.#cancelProbe?.()
    this.#cancelProbe = null
  }
}
