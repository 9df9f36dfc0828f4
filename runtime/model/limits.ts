/** Enforced bounds on one version's instances and invocations. Frozen into the version. */
export interface Limits {
  /** CPU milliseconds one request may use, all its slices together. No slice may take more than `fixedLimits.maxSliceMs`. */
  readonly cpuMs: number
  /** Milliseconds from the request's arrival to the response's headers. */
  readonly timeoutMs: number
  /** Longest time without a byte of a streaming body moving, either way. */
  readonly streamIdleMs: number
  /** Heap of one instance, shared by the requests in it. */
  readonly memoryMiB: number
  /** Larger request bodies get 413. */
  readonly maxRequestBodyBytes: number
  /** Outbound `fetch` calls one request may make. */
  readonly subrequests: number
}

export interface Bound {
  readonly default: number
  readonly min: number
  readonly max: number
}

const MiB = 1024 * 1024

/** Default and range of each limit. */
export const limitBounds: { readonly [K in keyof Limits]: Bound } = {
  cpuMs: { default: 50, min: 1, max: 300_000 },
  timeoutMs: { default: 30_000, min: 1, max: 900_000 },
  streamIdleMs: { default: 60_000, min: 1, max: 900_000 },
  memoryMiB: { default: 128, min: 8, max: 1024 },
  maxRequestBodyBytes: { default: 10 * MiB, min: 0, max: 5 * 1024 * MiB },
  subrequests: { default: 50, min: 0, max: 1000 },
}

/** Bounds that no configuration moves. */
export const fixedLimits = {
  maxBundleBytes: 10 * MiB,
  maxEvaluationMs: 1000,
  /**
   * Of the CPU that one entry into an instance may take, whatever `cpuMs` allows a request in total: a guest holds the
   * event loop for up to twice that, and a worker that is silent for two seconds is killed.
   */
  maxSliceMs: 500,
  maxEnvVariables: 64,
  maxEnvValueBytes: 5 * 1024,
  maxLayers: 5,
  /** Lambda's figures, as are those of the next line. */
  maxLayerZipBytes: 50 * MiB,
  /** Of one layer, and of all layers of a function together. */
  maxLayerBytes: 250 * MiB,
  maxLayerEntries: 100_000,
  /**
   * Of the modules that a version has of its layers, as one script. Each isolate keeps a copy of it, of twice the size if
   * one character is not Latin-1, and what V8 makes of it: a greater one leaves little of the usual `memoryMiB`.
   */
  maxLayerScriptBytes: 25 * MiB,
  /** Of an instance's `init`, by the wall clock. Lambda's figure. */
  maxInitMs: 10_000,
  /** CPU of an instance's `init`, unless `cpuMs` allows more: as much as the module's top level may take. */
  maxInitCpuMs: 1000,
  /** Of an instance's `shutdown`, by the wall clock. */
  maxShutdownMs: 1000,
  /** Invocations of one function that wait for an instance in one worker. */
  maxWaitingPerFunction: 1000,
  maxHeaderBlockBytes: 32 * 1024,
  maxResponseHeaderBytes: 128 * 1024,
  /** Of a body that is answered whole; what streams has no bound. */
  maxResponseBodyBytes: 100 * MiB,
  /** Of a direct event's result, as JSON. Lambda's figure for synchronous answers. */
  maxResultBytes: 6 * MiB,
  maxLogBytesPerInvocation: 128 * 1024,
  maxAliasHistory: 10,
  /** Of a call's event, and of its result. Lambda's figure for events. */
  maxAsyncBytes: MiB,
  maxDelayMs: 7 * 86_400_000,
  /** Calls that come of calls. */
  maxCallDepth: 16,
  /** Of the name a caller gives a call. */
  maxCallerIdBytes: 128,
  /** Lambda's figure. */
  maxAttemptErrorBytes: 1024,
  maxAttemptLogBytes: 4 * 1024,
  maxAttemptHistory: 20,
  maxTriggers: 32,
  maxBindings: 32,
} as const
