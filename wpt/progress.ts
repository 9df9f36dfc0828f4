import type { RanTest } from './run-tests.ts'

/** One line that tells how far a run is, on a terminal; nothing elsewhere. */
export class Progress {
  readonly #stream: NodeJS.WriteStream
  readonly #title: string
  readonly #total: number
  #done = 0

  constructor(stream: NodeJS.WriteStream, title: string, total: number) {
    this.#stream = stream
    this.#title = title
    this.#total = total
  }

  note({ test }: RanTest): void {
    this.#done++
    if (!this.#stream.isTTY) return
    const text = `${this.#title} ${this.#done}/${this.#total} ${test.path}${test.variant}`
    this.#stream.write(`\r\x1b[K${text.slice(0, this.#stream.columns - 1)}`)
  }

  end(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\x1b[K')
  }
}
