/** Ids for the streams and sinks of one instance: never 0, and none twice. */
export class StreamIds {
  #last = 0

  next(): number {
    return ++this.#last
  }
}
