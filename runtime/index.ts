/**
 * The door of `runtime/`: what router and command line may know of it. Types, and values that cost nothing to load; what
 * brings native code along stands in `worker-side.ts` and `supervisor-side.ts`, so that `isolette ls` does not load V8
 * isolates, and the supervisor neither.
 */
export type {
  BytesAnswer,
  CallAnswer,
  CallEventAnswer,
  CallList,
  CallResultAnswer,
  CallSummary,
  EnqueuedAnswer,
  FunctionQueueAnswer,
  HeaderPairs,
  JsonAnswer,
  PausedAnswer,
  PurgedAnswer,
  RedriveLine,
  RedrivenAnswer,
  RetryLogAnswer,
  StoppedAnswer,
} from './admin/call-protocol.ts'
export type { Changed, Spread } from './admin/changes.ts'
export type { DirectResult, Fleet, FleetMember } from './admin/fleet.ts'
export type {
  AliasAnswer,
  BuildProblem,
  DeploymentAnswer,
  DroppedLine,
  FunctionPage,
  FunctionSummary,
  LayerAnswer,
  LayerDetail,
  LayerEntry,
  LayerPage,
  LayerSummary,
  MergedFiles,
  Removed,
  RouteList,
  VersionAnswer,
  Weights,
  WorkerList,
} from './admin/protocol.ts'
export type { BulkProgress, CallControl, EndedFilter, EnqueueOptions } from './delivery/call-control.ts'
export type { CallDelivery, CallDeliveryOptions } from './delivery/call-delivery.ts'
export type { CallFunctions } from './delivery/call-functions.ts'
export type { AttemptResult, CallRunner, Delivery } from './delivery/call-runner.ts'
export type { DeliveryMetrics } from './delivery/delivery-metrics.ts'
export type { DeliveryObserver } from './delivery/delivery-observer.ts'
export type { Decision } from './delivery/ladder.ts'
export type { AliasTargets } from './model/alias.ts'
export { pickVersion, stickyPoint } from './model/alias.ts'
export type { AsyncSettings } from './model/async-settings.ts'
export { ByteBudget } from './model/byte-budget.ts'
export { BytePipe, type PipeWriter } from './model/byte-pipe.ts'
export type { ByteSource, SourceRead } from './model/byte-source.ts'
export type { Attempt, Call, CallEvent, CallId, CallResult, CallSource, CallState } from './model/call.ts'
export { ChunkQueue } from './model/chunk-queue.ts'
export { durationForm, parseDuration } from './model/duration.ts'
export type { EgressCeiling } from './model/egress.ts'
export { egressRuleForms, isEgressRule } from './model/egress.ts'
export type { Enqueued, EnqueueForGuest, EnqueueRequest, Enqueuer, GuestEnqueue } from './model/enqueue.ts'
export { enqueueRefusal } from './model/enqueue-check.ts'
export type { ErrorBody, ErrorCode } from './model/errors.ts'
export { errorCodes, IsoletteError } from './model/errors.ts'
export { freeBytes } from './model/free-bytes.ts'
export type { FunctionRecord, FunctionSettings } from './model/function.ts'
export type {
  AttemptContext,
  HttpEvent,
  Invocation,
  InvocationUsage,
  Invoker,
  LogLine,
  Target,
} from './model/invocation.ts'
export { noUsage } from './model/invocation.ts'
export { fixedLimits } from './model/limits.ts'
export type { FailedOutcome, GuestError, HttpResponse, Outcome, OutcomeKind } from './model/outcome.ts'
export type { ProvisionedVersion } from './model/provision-spread.ts'
export { defaultAlias, formatQualifier, parseFunctionReference, parseQualifier } from './model/qualifier.ts'
export type { Grant, LeaseNote, Share } from './model/share.ts'
export { noShare } from './model/share.ts'
export type { VersionId, VersionLabel } from './model/version.ts'
export type { EnqueueMetrics, WorkerMetrics } from './observe/metrics.ts'
export { addEnded } from './observe/metrics-sum.ts'
export type { InvocationRecord } from './observe/record.ts'
export type { Recorder } from './observe/recorder.ts'
export { LeaseBook } from './pool/lease-book.ts'
export type { PrewarmSettings } from './pool/prewarm-policy.ts'
export type { WorkerStatus } from './pool/status.ts'
export type { Builder } from './registry/builder/build.ts'
export type { LayerLookup } from './registry/builder/layer-lookup.ts'
export type { Provisioning, ProvisioningOptions } from './registry/provisioning.ts'
export type { ArtifactStore, Registry, RegistryDelta, RegistryView } from './registry/registry.ts'
export type { CallAppender, RetryLog } from './retry-log/retry-log.ts'
export type { ScheduleDecision } from './trigger/schedule-decision.ts'
export type { ScheduleEvent, Schedules, SchedulesOptions } from './trigger/schedules.ts'
