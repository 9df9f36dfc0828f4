import type { CompiledBootstrap } from '../isolate/compiled-bootstrap.ts'
import type { Guardian } from '../isolate/guardian.ts'
import type { InstanceContext } from '../isolate/instance/instance-context.ts'
import type { FunctionScript } from '../isolate/instance/load-instance.ts'
import type { LayerAccess } from '../isolate/layers/layer-script.ts'
import type { OutboundAgents } from '../isolate/outbound/outbound-agents.ts'
import type { EnqueueForGuest } from '../model/enqueue.ts'
import type { Invocation } from '../model/invocation.ts'
import type { FailedOutcome, GuestError } from '../model/outcome.ts'
import type { VersionManifest } from '../model/version.ts'
import type { Shares } from './admission.ts'
import type { PrewarmSettings } from './prewarm-policy.ts'

export interface PoolOptions {
  readonly bootstrap: CompiledBootstrap
  readonly guardian: Guardian
  /** A version's bundle. @throws IsoletteError `data_damaged` */
  readonly readBundle: (manifest: VersionManifest) => FunctionScript
  /** Null = the version has no layers. @throws IsoletteError `data_damaged` */
  readonly layersOf: (manifest: VersionManifest) => LayerAccess | null
  readonly mapError: (manifest: VersionManifest, error: GuestError) => GuestError
  /** Monotonic. */
  readonly nowMs: () => number
  readonly wallMs: () => number
  /** Resident memory of this process in MiB. */
  readonly rssMiB: () => number
  readonly prewarm: PrewarmSettings
  /** V8 ends the process at about 4 090 isolates. */
  readonly maxInstances: number
  /** Of this process; above it instances make room for new ones. */
  readonly memoryBudgetMiB: number
  /** For functions with a cap over all workers. */
  readonly shares: Shares
  /** See `Admission`. */
  readonly handOver: (invocation: Invocation) => boolean
  readonly userAgent: string
  /** Outbound connections; closed with the pool. */
  readonly outbound: OutboundAgents
  /** See `InstanceContext.enqueue`. */
  readonly enqueue: EnqueueForGuest
  readonly onEntering: (version: Pick<VersionManifest, 'versionId'>) => void
  /** See `InstanceContext.onHookEnded`. */
  readonly onHookEnded: InstanceContext['onHookEnded']
  /** See `InstanceContext.onRanOn`. */
  readonly onRanOn: (invocation: Invocation, failure: FailedOutcome | null) => void
  /** A fault of ours that became the outcome `internal_error`. */
  readonly onFault: (error: unknown) => void
}
