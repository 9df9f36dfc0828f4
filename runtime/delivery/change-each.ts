import type { CallStatus } from '../model/call.ts'
import { IsoletteError } from '../model/errors.ts'
import type { RetryLog } from '../retry-log/retry-log.ts'
import type { BulkProgress, EndedFilter } from './call-control.ts'

/** Calls that are changed in one commit; with a MiB of event each, and as much of result, they are held in memory. */
const pageSize = 64

export interface ChangeEachOptions {
  readonly onPage: (progress: BulkProgress) => void
  readonly signal: AbortSignal
}

/**
 * Does something to all calls that a filter finds, page by page, until `signal` aborts. A refusal of one is no reason to
 * stop: it is skipped.
 */
export async function changeEach(
  log: RetryLog,
  filter: EndedFilter,
  change: (status: CallStatus) => Promise<void>,
  { onPage, signal }: ChangeEachOptions,
): Promise<BulkProgress> {
  let progress: BulkProgress = { changed: 0, skipped: 0 }
  let cursor: string | null = null
  do {
    const page = await log.list(filter, cursor, pageSize)
    const changes = await Promise.allSettled(page.calls.map((status) => change(status)))
    const refusals = changes.filter((one) => one.status === 'rejected')
    for (const { reason } of refusals) if (!isRefusal(reason)) throw reason
    progress = {
      changed: progress.changed + changes.length - refusals.length,
      skipped: progress.skipped + refusals.length,
    }
    onPage(progress)
    cursor = page.cursor
  } while (cursor !== null && !signal.aborted)
  return progress
}

function isRefusal(error: unknown): boolean {
  return error instanceof IsoletteError && error.status < 500
}
