import { CallClaims } from './call-claims.ts'
import { CallCounts } from './call-counts.ts'
import { CallFinder } from './call-finder.ts'
import { type ClaimRow, cutRow } from './claim-row.ts'
import { type EmbeddedRetryLog, LmdbRetryLog } from './embedded-retry-log.ts'
import { type ClockAnchor, type LogClock, machineBootId, monotonicMs, startLogClock } from './log-clock.ts'
import { LogCommits } from './log-commits.ts'
import { createLogFile, logFile, openLogFile, remapLogFile } from './log-file.ts'
import { segmentKeyOf } from './log-keys.ts'
import type { LogDatabases } from './log-tables.ts'
import type { LogOperation } from './log-write.ts'
import { createLogWriter } from './log-writer.ts'
import { WaitingCalls } from './waiting-calls.ts'

export interface RetryLogOptions {
  readonly dataDir: string
  /** The machine's clock; read once. */
  readonly wallMs?: () => number
  /** See `monotonicMs`. */
  readonly monotonicMs?: () => number
  /** See `machineBootId`. */
  readonly bootId?: string | null
  /** Whether a process of that number exists. */
  readonly isAlive?: (pid: number) => boolean
}

/**
 * Opens the log of a data directory, which is made if there is none, for the one process that says what becomes of calls.
 * What has been claimed before is free. Takes a few milliseconds, however many calls wait.
 *
 * @throws IsoletteError `data_damaged`, `data_format`, `storage_full`
 */
export async function openRetryLog(options: RetryLogOptions): Promise<EmbeddedRetryLog> {
  const { dataDir, wallMs = Date.now, isAlive = isProcessAlive } = options
  await createLogFile(dataDir)
  const store = openLogFile(dataDir)
  const { tables } = store
  const newestMs = (tables.meta.get('time') as number | undefined) ?? 0
  const anchor = (tables.meta.get('clock') as ClockAnchor | undefined) ?? null
  const { bootId = machineBootId() } = options
  const clock = startLogClock({
    ...{ wallMs, newestMs, bootId, anchor },
    monotonicMs: options.monotonicMs ?? monotonicMs,
  })
  const finder = new CallFinder(store, logFile(dataDir))
  const counts = new CallCounts(tables)
  const waiting = new WaitingCalls(tables, finder)
  const listeners = new Set<() => void>()
  const onSegment = (functionName: string, dueAtMs: number) => {
    waiting.note(functionName, dueAtMs)
    for (const listener of listeners) listener()
  }
  const commits = new LogCommits({
    tables,
    finder,
    counts,
    clock,
    onSegment,
    openWriter: () => createLogWriter({ file: logFile(dataDir) }),
    remap: () => remapLogFile(dataDir, store),
  })
  for (const functionName of tables.paused.getKeys({}))
    waiting.queueOf(functionName as string).isPaused = true
  waiting.lookAgain()
  const claims = new CallClaims(waiting, finder)
  const log = new LmdbRetryLog({
    store,
    clock,
    finder,
    counts,
    waiting,
    claims,
    commits,
    listeners,
    isAlive,
  })
  // If the disk is full, calls can be looked at all the same, and nothing of this is urgent.
  await commits
    .change((batch) => {
      batch.operation(...freeClaims(tables, finder), ...counts.adopt(batch.counts, isAlive))
      batch.operation(...anchorOperations(clock, bootId))
    })
    .catch(() => {})
  return log
}

/** That calls ran when the process before this one ended: they do not any more. Which segments were begun stays, and what was cut. */
function freeClaims(tables: LogDatabases, finder: CallFinder): LogOperation[] {
  const operations: LogOperation[] = []
  for (const { key, value } of tables.claims.getRange({})) {
    const row = { table: 'claims', key: key as (string | number)[] } as const
    const claims = value as ClaimRow
    if (!finder.hasSegment(segmentKeyOf(key))) operations.push({ kind: 'remove', ...row })
    else if (claims.running.length > 0) operations.push({ kind: 'put', ...row, value: cutRow(claims) })
  }
  return operations
}

function anchorOperations({ offsetMs }: LogClock, bootId: string | null): LogOperation[] {
  if (bootId === null) return []
  return [{ kind: 'put', table: 'meta', key: 'clock', value: { bootId, offsetMs } satisfies ClockAnchor }]
}

function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
