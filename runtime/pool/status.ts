/** What `isolette ps` shows of one worker. */
export interface WorkerStatus {
  readonly pid: number
  readonly revision: number
  readonly uptimeMs: number
  readonly rssMiB: number
  readonly inFlight: number
  readonly instances: readonly InstanceStatus[]
  readonly prewarm: { readonly ready: number; readonly min: number }
  readonly coldStarts: number
  readonly warmStarts: number
}

export interface InstanceStatus {
  readonly functionName: string
  /** `3` or `$LATEST`. */
  readonly version: string
  readonly ageMs: number
  /** Milliseconds since its last request ended; 0 while it has any. */
  readonly idleMs: number
  readonly inFlight: number
  readonly invocations: number
  readonly heapMiB: number
  /** `retiring` = finishes what it has, takes nothing new. */
  readonly state: 'resident' | 'retiring'
}
