/** Of a terminal: the cursor to the line's begin, and the line away. */
const clearLine = '\r\u001b[K'

/** A line that a person at a terminal sees change. Into files and pipes nothing is written. */
export class ProgressLine {
  readonly #stream: Pick<NodeJS.WriteStream, 'isTTY' | 'write'>

  constructor(stream: Pick<NodeJS.WriteStream, 'isTTY' | 'write'>) {
    this.#stream = stream
  }

  show(text: string): void {
    if (this.#stream.isTTY) this.#stream.write(`${clearLine}${text}`)
  }

  clear(): void {
    if (this.#stream.isTTY) this.#stream.write(clearLine)
  }
}
