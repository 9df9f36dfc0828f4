import type { DirectResult, Fleet, FleetMember } from '../../runtime/admin/fleet.ts'
import { noEvictions, type WorkerMetrics } from '../../runtime/observe/metrics.ts'
import type { InvocationRecord } from '../../runtime/observe/record.ts'
import type { RegistryDelta } from '../../runtime/registry/registry.ts'

/** Workers that only note what they are told. */
export class MemoryFleet implements Fleet {
  readonly deltas: RegistryDelta[] = []
  readonly invoked: { readonly reference: string; readonly json: string }[] = []
  readonly followers = new Set<(record: InvocationRecord) => void>()
  spread = { applied: 2, live: 2 }
  restarts = 1
  isReady = true
  records: InvocationRecord[] = []
  counted: WorkerMetrics[] = []
  replacements = 0
  /** What `invoke` resolves with, or throws. */
  answer: () => Promise<DirectResult> = async () => okResult
  workers: FleetMember[] = [
    {
      index: 0,
      pid: 4711,
      state: 'ready',
      restarts: 1,
      status: {
        pid: 4711,
        revision: 3,
        uptimeMs: 3_723_000,
        rssMiB: 85.4,
        inFlight: 2,
        prewarm: [{ layerScript: null, memoryMiB: 128, ready: 3, wanted: 4 }],
        provisioned: [{ functionName: 'hello', version: '3', wanted: 2, ready: 1 }],
        coldStarts: 12,
        warmStarts: 3400,
        evictions: { ...noEvictions, idle: 12, heap: 1 },
        instances: [
          {
            functionName: 'hello',
            version: '3',
            ageMs: 65_000,
            idleMs: 1500,
            inFlight: 0,
            invocations: 340,
            heapMiB: 4.25,
            memoryMiB: 4.95,
            state: 'resident',
            leaves: null,
          },
          {
            functionName: 'hello',
            version: '2',
            ageMs: 65_000,
            idleMs: 0,
            inFlight: 1,
            invocations: 12,
            heapMiB: 110,
            memoryMiB: 110.7,
            state: 'retiring',
            leaves: 'heap',
          },
        ],
      },
    },
    { index: 1, pid: 4712, state: 'starting', restarts: 0, status: null },
  ]

  async broadcast(delta: RegistryDelta) {
    this.deltas.push(delta)
    return this.spread
  }

  async members() {
    return this.workers
  }

  async metrics() {
    return this.counted
  }

  async invoke(call: { readonly reference: string; readonly json: string }): Promise<DirectResult> {
    this.invoked.push(call)
    return this.answer()
  }

  async replaceAll() {
    this.replacements += 1
  }

  follow(listener: (record: InvocationRecord) => void) {
    this.followers.add(listener)
    return () => {
      this.followers.delete(listener)
    }
  }

  recentRecords() {
    return this.records
  }

  /** An invocation ended in a worker. */
  emit(record: InvocationRecord) {
    for (const listener of this.followers) listener(record)
  }
}

export const okResult: DirectResult = {
  invocationId: 'id-1',
  executedVersion: 'hello:3',
  outcome: 'ok',
  result: '{"ok":true}',
  error: null,
  message: null,
  durationMs: 1.5,
  cpuMs: 0.5,
  logLines: [{ timeMs: 1_700_000_000_000, level: 'info', text: 'said hello' }],
  refusal: null,
}

export function recordOf(id: string, changes: Partial<InvocationRecord> = {}): InvocationRecord {
  return {
    id,
    phase: 'call',
    timeMs: 1_700_000_000_000,
    function: 'hello',
    version: '3',
    alias: 'live',
    trigger: 'http',
    attempt: null,
    method: 'GET',
    path: '/hello',
    outcome: 'ok',
    status: 200,
    coldStart: false,
    waitMs: 0,
    durationMs: 1.25,
    cpuMs: 0.75,
    maxMemoryMiB: 4,
    error: null,
    message: null,
    logLines: [],
    droppedLogBytes: 0,
    worker: 0,
    ...changes,
  }
}
