import type { CallAnswer } from '../runtime/index.ts'
import { type AdminClient, adminPath } from './admin-client.ts'

/** What one request of the admin protocol waits for at most. */
const maxWaitMs = 60_000

/** The call when it has ended, or as it is after `waitMs`. @throws Failure */
export async function awaitEnd(
  client: Pick<AdminClient, 'ask'>,
  id: string,
  waitMs: number,
  nowMs: () => number = Date.now,
): Promise<CallAnswer> {
  const untilMs = nowMs() + waitMs
  for (;;) {
    const leftMs = Math.max(0, Math.min(maxWaitMs, untilMs - nowMs()))
    const wait = `${leftMs}ms`
    const call = await client.ask<CallAnswer>('GET', adminPath`/v1/invocations/${id}?wait=${wait}`)
    if (call.endedAtMs !== null || nowMs() >= untilMs) return call
  }
}
