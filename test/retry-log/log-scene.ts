import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import {
  type Attempt,
  type CallEnd,
  type CallId,
  type CallProgress,
  type CallStatus,
  noProgress,
} from '../../runtime/model/call.ts'
import type { Claimed, NewCall, RetryLog } from '../../runtime/retry-log/retry-log.ts'

/** A log whose time stands still unless a test lets it pass. */
export interface OpenedLog {
  readonly log: RetryLog
  passMs(ms: number): void
  /** The same calls in a log that is opened anew. */
  reopen(): Promise<OpenedLog>
}

/** Opens an empty log that is closed when `t` ends. */
export type OpenLog = (t: TestContext) => Promise<OpenedLog>

export type LogTest = (name: string, check: (opened: OpenedLog) => Promise<void>) => void

/** Tests named after the log that they are run on. */
export function testsOf(name: string, open: OpenLog): LogTest {
  return (claim, check) => test(`${name}: ${claim}`, { timeout: 20_000 }, async (t) => check(await open(t)))
}

export function callOf(functionName: string, changes: Partial<NewCall> = {}): NewCall {
  return {
    functionName,
    qualifier: 'live',
    version: 3,
    event: { kind: 'direct', json: '{"n":1}' },
    delayMs: 0,
    depth: 0,
    source: 'admin',
    parentId: null,
    callerId: null,
    ...changes,
  }
}

export async function appendCall(log: RetryLog, call: NewCall): Promise<CallId> {
  const appended = await log.append(call)
  assert.equal(appended.kind, 'appended')
  return appended.id
}

export const any = () => true

export function claimAll(log: RetryLog, leaseMs = 60_000, limit = 1000): Promise<readonly Claimed[]> {
  return log.claim(limit, () => leaseMs, any)
}

export async function claimOne(log: RetryLog, leaseMs = 60_000): Promise<Claimed> {
  const [claimed, ...others] = await log.claim(1, () => leaseMs, any)
  assert.ok(claimed !== undefined && others.length === 0)
  return claimed
}

export async function statusOf(log: RetryLog, id: CallId): Promise<CallStatus> {
  const status = await log.get(id)
  assert.ok(status !== null)
  return status
}

export async function stateOf(log: RetryLog, id: CallId): Promise<string | null> {
  return (await log.get(id))?.state ?? null
}

export function attempt(number: number, changes: Partial<Attempt> = {}): Attempt {
  return {
    number,
    counts: true,
    startedAtMs: 1_800_000_000_000,
    durationMs: 5,
    executedVersion: 'hello:3',
    outcome: 'exception',
    status: null,
    error: { name: 'Error', message: 'no', stack: 'Error: no' },
    message: null,
    logLines: [],
    ...changes,
  }
}

export function progressOf(attempts: number): CallProgress {
  return { ...noProgress, attempts, history: Array.from({ length: attempts }, (_, at) => attempt(at + 1)) }
}

export function succeeded(log: RetryLog, changes: Partial<CallEnd> = {}): CallEnd {
  return {
    state: 'Succeeded',
    reason: null,
    endedAtMs: log.nowMs(),
    progress: progressOf(1),
    result: { kind: 'json', json: '"done"' },
    ...changes,
  }
}

export function failed(log: RetryLog, changes: Partial<CallEnd> = {}): CallEnd {
  return succeeded(log, { state: 'Failed', reason: 'retries_exhausted', result: null, ...changes })
}

export function depthOf(log: RetryLog, functionName: string): { waiting: number; running: number } {
  const { waiting = 0, running = 0 } = log.stats().depth.get(functionName) ?? {}
  return { waiting, running }
}
