/** How long things may take between supervisor and workers. Tests shorten them. */
export interface FleetTimings {
  /** Between two heartbeats of a worker. */
  readonly heartbeatMs: number
  /** A worker that says nothing for so long is killed. */
  readonly silenceMs: number
  /** From fork to listening; a slow disk or a busy machine is no fault. */
  readonly startMs: number
  /** From the request to drain to the end, however much still runs. */
  readonly drainMs: number
  /** How long a worker that was replaced still serves idle connections: uWebSockets.js closes them after 10 s. */
  readonly lingerMs: number
  /** A change answers after this long, whether all workers have it or not. */
  readonly applyMs: number
  /** Between two questions what a worker has counted. */
  readonly metricsMs: number
  /** An idle worker whose memory stays high for so long is replaced. */
  readonly idleMs: number
  /** For a worker's answer about itself. */
  readonly callMs: number
}

export const defaultTimings: FleetTimings = {
  heartbeatMs: 500,
  silenceMs: 2000,
  startMs: 30_000,
  drainMs: 30_000,
  lingerMs: 11_000,
  applyMs: 2000,
  metricsMs: 5000,
  idleMs: 30_000,
  callMs: 1000,
}
