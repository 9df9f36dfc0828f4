/**
 * Calls that nobody waits for: how many a second are accepted beside what is answered at once, how soon they begin, how fast
 * a backlog is drained and what that does to others, and what calls that wait take of memory and of a start.
 */
import { measureAccepting } from './async-accept.ts'
import { measureBacklog } from './async-backlog.ts'
import { measureDelivery } from './async-delivery.ts'
import type { Report } from './report.ts'

export async function measure({ calls }: { readonly calls: number }): Promise<Report> {
  const reports = [await measureAccepting(), await measureDelivery(), await measureBacklog(calls)]
  return {
    rows: reports.flatMap((report) => report.rows),
    verdicts: reports.flatMap((report) => report.verdicts),
  }
}
