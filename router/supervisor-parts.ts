import type { Logger } from 'pino'
import type {
  ArtifactStore,
  Builder,
  CallControl,
  CallDelivery,
  CallDeliveryOptions,
  CallSource,
  EnqueueMetrics,
  ErrorCode,
  Fleet,
  LayerLookup,
  Provisioning,
  ProvisioningOptions,
  Registry,
  RetryLog,
  Schedules,
  SchedulesOptions,
} from '../runtime/index.ts'
import type { FleetTimings } from './fleet/fleet-timings.ts'
import type { ServerOptions } from './options.ts'

/** What is deployed, opened for the one process that changes it. */
export interface OpenRegistry {
  readonly registry: Registry & {
    /** For when a worker died: until then the store keeps what it may have been reading. */
    releaseDeadReaders(): void
  }
  readonly artifacts: ArtifactStore
}

/** The retry log, opened for the one process that says what becomes of calls. */
export interface OpenRetryLog extends RetryLog {
  /** What its time is ahead of the machine's monotonic clock. */
  readonly clockOffsetMs: number
  /** A process that appends has died: what it did not tell any more is looked for, and what it read is released. */
  workerDied(): Promise<void>
}

/** What the supervisor's own process counts of the calls that it is asked to accept. */
export interface OwnEnqueues {
  accepted(source: CallSource, durationMs: number): void
  refused(code: ErrorCode): void
  toMetrics(): EnqueueMetrics
}

/** What the admin server steers. */
export interface SupervisorParts {
  readonly options: ServerOptions
  readonly registry: Registry
  readonly artifacts: ArtifactStore
  readonly builder: Builder
  readonly fleet: Fleet
  readonly calls: CallControl
  readonly enqueues: () => EnqueueMetrics
  readonly firings: () => Readonly<Record<string, number>>
  readonly log: Logger
  /** Where functions are served. */
  readonly address: () => { readonly host: string; readonly port: number }
}

export interface AdminServer {
  /** Serves the admin socket, and health over TCP if that is wanted. @throws IsoletteError `cannot_listen` */
  listen(): Promise<void>
  /** Takes no more commands, and resolves when the running ones have answered. */
  close(): Promise<void>
}

/** What the supervisor is put together from. */
export interface SupervisorDeps {
  /** Path of the script that a worker runs. Default: `workerEntry`. */
  readonly workerEntry?: string
  /** @throws IsoletteError `data_format`, `data_damaged` */
  openRegistry(options: ServerOptions): Promise<OpenRegistry>
  /** Its process is to be told to `onStarted` and `onEnded`, so that the next supervisor can end it if this one cannot. */
  createBuilder(options: {
    onStarted(pid: number): void
    onEnded(pid: number): void
    readonly layers: LayerLookup
  }): Builder
  /** @throws IsoletteError `data_format`, `data_damaged` */
  openRetryLog(options: ServerOptions): Promise<OpenRetryLog>
  createDelivery(
    options: Pick<CallDeliveryOptions, 'log' | 'runner' | 'functions' | 'observer'>,
  ): CallDelivery
  createEnqueues(): OwnEnqueues
  /** To be closed. */
  createSchedules(options: Omit<SchedulesOptions, 'setTimer' | 'wallMs'>): Schedules
  /** To be closed. */
  createProvisioning(options: ProvisioningOptions): Provisioning
  createAdmin(parts: SupervisorParts): AdminServer
  /** Deploys what `serve` was given, once the admin socket is there. */
  deployPaths(): Promise<void>
  readonly log: Logger
  /** Says to people, in one line, that the server is ready. */
  announce(line: string): void
  readonly timings?: FleetTimings
}
