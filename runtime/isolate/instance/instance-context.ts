import type { EnqueueForGuest } from '../../model/enqueue.ts'
import type { Invocation } from '../../model/invocation.ts'
import type { FailedOutcome, GuestError } from '../../model/outcome.ts'
import type { VersionManifest } from '../../model/version.ts'
import type { Hook } from '../abi.ts'
import type { HostWork } from '../host-work/host-work.ts'
import type { OutboundAgents } from '../outbound/outbound-agents.ts'
import type { Deadlines } from './deadlines.ts'
import type { Instance } from './instance.ts'
import type { Pending } from './pending.ts'
import type { SliceMeter } from './slice-meter.ts'

/** What a guest did for which its instance was ended by force. */
export type CondemnReason = 'exceeded_cpu' | 'exceeded_memory' | 'internal_error'

/** Why an instance was ended by force; `stopped` = a request in it was asked to end, and did not. */
export type EndReason = CondemnReason | 'stopped'

/** An instance that was ended by force. */
export interface Condemned {
  /** These may run again, each alone. */
  readonly notBegun: readonly Pending[]
  /** What failed on the host's side, if anything did. */
  readonly cause: unknown
}

/** What the instances of one worker share. */
export interface InstanceContext {
  /** Monotonic, in milliseconds. */
  readonly nowMs: () => number
  /** Wall clock, in milliseconds. */
  readonly wallMs: () => number
  /** Pending requests that outlived their first entry. */
  readonly deadlines: Deadlines<Pending>
  readonly outbound: OutboundAgents
  /** Accepts calls that guests ask for, by their bindings. */
  readonly enqueue: EnqueueForGuest
  readonly hostWork: HostWork
  readonly sliceMeter: SliceMeter
  /** `Web/1`-style product: `navigator.userAgent`, and what outbound requests name unless the guest does. */
  readonly userAgent: string
  /** An instance of this version, or layers (by their digest), will be entered: written where a crash of the process leaves it. */
  readonly onEntering: (version: Pick<VersionManifest, 'versionId'>) => void
  /** The instance has something to enter for; called once until `runEntry` has taken it. */
  readonly onReady: (instance: Instance) => void
  /** A request has left (answered or not), or the instance became idle. */
  readonly onProgress: (instance: Instance) => void
  /**
   * Its `init` failed: told once, by a disposed instance (before `onCondemned`, if that is told as well). Not told of an
   * instance that was disposed from outside meanwhile.
   */
  readonly onInitFailed: (instance: Instance, outcome: FailedOutcome) => void
  /** `init` or `shutdown` has ended, null = well; `invocation` holds what it logged and took. */
  readonly onHookEnded: (hook: Hook, invocation: Invocation, failure: FailedOutcome | null) => void
  readonly onCondemned: (instance: Instance, reason: EndReason, details: Condemned) => void
  /**
   * Nothing more runs of an invocation, and since it was recorded it has logged something, taken CPU, or failed:
   * `failure` says how. Also called if it is not recorded yet, for its response is still being sent.
   */
  readonly onRanOn: (invocation: Invocation, failure: FailedOutcome | null) => void
  /** Puts a stack into the author's lines. */
  readonly mapError: (manifest: VersionManifest, error: GuestError) => GuestError
}
