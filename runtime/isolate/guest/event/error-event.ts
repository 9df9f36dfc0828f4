import { tagClass } from '../boot/class-tag.ts'
import { needArguments, toDictionary } from '../language/web-idl.ts'
import { Event, type EventInit } from './event.ts'

export interface ErrorDetails {
  readonly message: string
  readonly filename: string
  readonly lineno: number
  readonly colno: number
  readonly error: unknown
}

/** null if it is no `ErrorEvent`. */
export let errorDetailsOf: (event: object) => ErrorDetails | null

/** HTML's `ErrorEvent`. */
export class ErrorEvent extends Event {
  readonly #details: ErrorDetails

  constructor(type: string, init?: EventInit & Partial<ErrorDetails>) {
    needArguments(arguments.length, 1, 'make an event')
    super(type, init)
    const { colno, error, filename, lineno, message } = toDictionary(init)
    this.#details = {
      colno: (colno as number) >>> 0,
      error,
      filename: filename === undefined ? '' : `${filename}`,
      lineno: (lineno as number) >>> 0,
      message: message === undefined ? '' : `${message}`,
    }
  }

  get message(): string {
    return this.#details.message
  }

  get filename(): string {
    return this.#details.filename
  }

  get lineno(): number {
    return this.#details.lineno
  }

  get colno(): number {
    return this.#details.colno
  }

  get error(): unknown {
    return this.#details.error
  }

  static {
    errorDetailsOf = (event) => (#details in event ? event.#details : null)
  }
}

tagClass(ErrorEvent, 'ErrorEvent')
