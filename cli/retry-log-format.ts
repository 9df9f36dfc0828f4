import type { FunctionQueueAnswer, RetryLogAnswer } from '../runtime/index.ts'
import { formatDuration } from './duration.ts'
import { plain } from './plain.ts'
import { formatTable } from './table.ts'

const maxShown = 20

/** Parts to be shown one below the other; none if nothing waits, is dead or broken. */
export function formatRetryLog({ functions, deadLetters, failure }: RetryLogAnswer): string[] {
  const parts: string[] = []
  if (functions.length > 0) parts.push(formatQueues(functions))
  const dead = Object.entries(deadLetters).map(([reason, count]) => `${reason} ${count}`)
  if (dead.length > 0) parts.push(`dead letters: ${dead.join(', ')}`)
  if (failure !== null) {
    parts.push(`retry log: cannot be written, so that asynchronous calls are refused: ${plain(failure)}`)
  }
  return parts
}

function formatQueues(functions: readonly FunctionQueueAnswer[]): string {
  const rows = functions
    .slice(0, maxShown)
    .map(({ function: name, waiting, running, oldestDueMs, paused }) => [
      name,
      String(waiting),
      String(running),
      waiting === 0 ? '-' : formatDuration(oldestDueMs),
      paused ? 'paused' : '-',
    ])
  const table = formatTable(['CALLS OF', 'WAITING', 'RUNNING', 'OLDEST DUE', 'STATE'], rows)
  const more = functions.length - rows.length
  return more === 0 ? table : `${table}\nand of ${more} more`
}
