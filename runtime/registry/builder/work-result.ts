import type { IsoletteError } from '../../model/errors.ts'

/** How work of a builder process ends: by its answer, or because its time was over. */
export class WorkResult<T> {
  readonly #settle = Promise.withResolvers<T>()
  #timer: NodeJS.Timeout | undefined
  #isOverdue = false

  get promise(): Promise<T> {
    return this.#settle.promise
  }

  /** Whether it failed because its time was over: whatever its process still does is of no use. */
  get isOverdue(): boolean {
    return this.#isOverdue
  }

  /** Replaces the limit set before. */
  failAfter(timeoutMs: number, makeError: () => IsoletteError): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#isOverdue = true
      this.reject(makeError())
    }, timeoutMs)
  }

  resolve(value: T): void {
    clearTimeout(this.#timer)
    this.#settle.resolve(value)
  }

  reject(error: IsoletteError): void {
    clearTimeout(this.#timer)
    this.#settle.reject(error)
  }
}
