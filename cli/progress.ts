import { formatDuration } from './duration.ts'

/** Of a terminal: the cursor to the line's begin, and the line away. */
const clearLine = '\r\u001b[K'

/**
 * Waits for `work`, and tells a person at a terminal every second what it is and for how long it goes on. The line is gone
 * when it ends; into files and pipes nothing is written.
 */
export async function whileWaiting<T>(
  what: string,
  work: Promise<T>,
  stream: Pick<NodeJS.WriteStream, 'isTTY' | 'write'> = process.stderr,
): Promise<T> {
  if (!stream.isTTY) return await work
  const startedAtMs = Date.now()
  const timer = setInterval(
    () => stream.write(`${clearLine}${what} … ${formatDuration(Date.now() - startedAtMs)}`),
    1000,
  )
  try {
    return await work
  } finally {
    clearInterval(timer)
    stream.write(clearLine)
  }
}
