import type { Logger } from 'pino'
import type {
  CallId,
  DirectResult,
  Grant,
  InvocationRecord,
  LeaseNote,
  ProvisionedVersion,
  RegistryDelta,
  VersionId,
  WorkerMetrics,
  WorkerStatus,
} from '../../runtime/index.ts'
import type { FlightRecorder } from '../flight-recorder.ts'
import type { PeerAddress } from '../hand-over/peer-address.ts'
import type { ServerOptions } from '../options.ts'
import type { NumberedDelivery, NumberedResult, QueueDepth, ToWorker } from '../protocol.ts'
import type { LogMessage } from './enqueuer.ts'

/** What a worker does, apart from living and dying: everything that serves requests, put together. */
export interface WorkerService {
  /** Of the registry view that it serves. */
  readonly revision: number
  /** Resolves once requests are taken. @throws IsoletteError `cannot_listen` */
  listen(): Promise<{ readonly port: number }>
  apply(delta: RegistryDelta): void
  /** The versions that answer `quarantined` from now on, whole list. */
  setQuarantine(versionIds: readonly VersionId[]): void
  /** The instances to keep ready from now on, whole list. */
  provision(versions: readonly ProvisionedVersion[]): void
  /** What it may have of a function that is capped over all workers. */
  setShare(grant: Grant): void
  /** What is known of calls that have not ended, of some functions. */
  setDepths(depths: readonly QueueDepth[]): void
  /** Each is answered through `WorkerContext.sendAttempted`. */
  runAttempts(deliveries: readonly NumberedDelivery[]): void
  /** The attempts to run these calls are to end. */
  stopAttempts(callIds: readonly CallId[]): void
  /** Never rejects: a fault is a result too. */
  invokeDirect(call: Extract<ToWorker, { kind: 'invoke' }>): Promise<DirectResult>
  status(): WorkerStatus
  metrics(): WorkerMetrics
  /** Whether every record is wanted, or only failures and samples. */
  setFollow(all: boolean): void
  /** Records go to `send` from now on, in batches; `dropped` = how many are missing since the last. */
  onRecords(send: (records: readonly InvocationRecord[], dropped: number) => void): void
  /**
   * Stops accepting, finishes what runs, lets idle connections go after `lingerMs`, and closes everything: after it, the
   * process may exit. May be called again with a shorter `lingerMs`, which then counts; all calls resolve together.
   */
  drain(options: { readonly lingerMs: number }): Promise<void>
}

/** What a worker's service is made of, besides what is in the data directory. */
export interface WorkerContext {
  readonly index: number
  /** To listen on; 0 = any free port. Stands above `options.port`. */
  readonly port: number
  readonly options: ServerOptions
  readonly flight: FlightRecorder
  readonly log: Logger
  /** Tells the supervisor that this worker lives. */
  readonly beat: () => void
  readonly peer: PeerAddress
  /** Tells the supervisor what this worker has, or wants, of functions that are capped over all workers. */
  readonly sendLease: (note: LeaseNote) => void
  /** Tells the supervisor what was appended to the retry log, and whether it can be written. */
  readonly sendLog: (message: LogMessage) => void
  /** What the retry log's time is ahead of the machine's monotonic clock. */
  readonly logOffsetMs: number
  /** Tells the supervisor how attempts ended. */
  readonly sendAttempted: (results: readonly NumberedResult[]) => void
}

/** Opens the registry at its newest revision and makes everything ready, but does not listen yet. */
export type CreateWorkerService = (context: WorkerContext) => Promise<WorkerService>
