import { type DestinationStream, destination, type Logger, pino } from 'pino'

export interface LogOptions {
  /** A level of pino, or `silent`. */
  readonly level: string
  /** Stands in every line: which process this is. */
  readonly bindings: Readonly<Record<string, string | number>>
}

/** Where log lines wait at most for this long, or for so many bytes, before they are written together. */
const flushEveryMs = 250
const writeFromBytes = 4096

/** If nobody reads standard error for so long that this much waits, further lines are lost rather than memory. */
const maxWaitingBytes = 16 * 1024 * 1024

/**
 * JSON lines on standard error, written asynchronously; what still waits is written when the process exits. (Killed, a
 * process loses the lines of its last quarter of a second.)
 */
export function createLog(options: LogOptions): Logger {
  return createLogTo(
    destination({
      dest: 2,
      sync: false,
      minLength: writeFromBytes,
      maxLength: maxWaitingBytes,
      periodicFlush: flushEveryMs,
    }),
    options,
  )
}

/** The same lines to another stream. */
export function createLogTo(stream: DestinationStream, { level, bindings }: LogOptions): Logger {
  return pino({ level, base: bindings, formatters: { level: (label) => ({ level: label }) } }, stream)
}
