import { tagClass } from '../boot/class-tag.ts'
import { needArguments } from '../language/web-idl.ts'
import { TypeError } from '../primordials.ts'
import { rejectIllegal } from './internal.ts'
import { type WritableStream, writableStateOf } from './writable-stream.ts'
import { WriterState } from './writer-state.ts'

let isWriter: (value: unknown) => value is WritableStreamDefaultWriter

/** The Streams standard's `WritableStreamDefaultWriter`: holds the stream's lock. */
export class WritableStreamDefaultWriter {
  readonly #state: WriterState

  constructor(stream: WritableStream) {
    needArguments(arguments.length, 1, 'make a writer')
    this.#state = new WriterState(writableStateOf(stream))
  }

  get closed(): Promise<undefined> {
    return isWriter(this) ? this.#state.closed : rejectIllegal()
  }

  get desiredSize(): number | null {
    if (this.#state.stream === null)
      throw new TypeError('Cannot read desiredSize: the writer has released its lock')
    return this.#state.desiredSize
  }

  get ready(): Promise<undefined> {
    return isWriter(this) ? this.#state.ready : rejectIllegal()
  }

  abort(reason: unknown = undefined): Promise<undefined> {
    return isWriter(this) ? this.#state.abort(reason) : rejectIllegal()
  }

  close(): Promise<undefined> {
    return isWriter(this) ? this.#state.close() : rejectIllegal()
  }

  releaseLock(): void {
    if (this.#state.stream !== null) this.#state.release()
  }

  write(chunk: unknown = undefined): Promise<undefined> {
    return isWriter(this) ? this.#state.write(chunk) : rejectIllegal()
  }

  static {
    isWriter = (value): value is WritableStreamDefaultWriter =>
      typeof value === 'object' && value !== null && #state in value
  }
}

tagClass(WritableStreamDefaultWriter, 'WritableStreamDefaultWriter')
