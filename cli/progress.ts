import { formatDuration } from './duration.ts'
import { ProgressLine } from './progress-line.ts'

/**
 * Waits for `work`, and tells a person at a terminal every second what it is and for how long it goes on. The line is gone
 * when it ends; into files and pipes nothing is written.
 */
export async function whileWaiting<T>(
  what: string,
  work: Promise<T>,
  stream: Pick<NodeJS.WriteStream, 'isTTY' | 'write'> = process.stderr,
): Promise<T> {
  const line = new ProgressLine(stream)
  const startedAtMs = Date.now()
  const timer = setInterval(() => line.show(`${what} … ${formatDuration(Date.now() - startedAtMs)}`), 1000)
  try {
    return await work
  } finally {
    clearInterval(timer)
    line.clear()
  }
}
