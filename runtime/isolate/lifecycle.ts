import { type Invocation, noUsage, type Target } from '../model/invocation.ts'
import { fixedLimits, type Limits } from '../model/limits.ts'
import type { Outcome } from '../model/outcome.ts'
import type { Hook } from './abi.ts'
import type { GuestOps } from './guest-ops.ts'
import type { InstanceContext } from './instance-context.ts'
import type { InstanceRequests } from './instance-requests.ts'
import type { Pending } from './pending.ts'

/** The hooks that a module exports. */
export type Hooks = ReadonlySet<Hook>

export interface LifecycleParts {
  readonly hooks: Hooks
  /** As the function is now: its settings change while the instance lives. */
  readonly target: () => Target
  readonly requests: InstanceRequests
  readonly ops: GuestOps
  readonly context: InstanceContext
}

const maxMs: { readonly [K in Hook]: number } = {
  init: fixedLimits.maxInitMs,
  shutdown: fixedLimits.maxShutdownMs,
}

/** CPU that `init` may take: its time comes once, before anybody's own counts. */
export function mostInitCpuMs({ cpuMs }: Limits): number {
  return Math.max(cpuMs, fixedLimits.maxInitCpuMs)
}

/**
 * The hooks of one instance. Each runs like a direct event of nobody: what it does is charged to it, bounded and logged by
 * the same means, with other bounds.
 */
export class Lifecycle {
  readonly #parts: LifecycleParts
  #running: { readonly hook: Hook; readonly pending: Pending } | null = null
  #outcome: Outcome | null = null

  constructor(parts: LifecycleParts) {
    this.#parts = parts
  }

  get isRunning(): boolean {
    return this.#running !== null
  }

  get isInitialising(): boolean {
    return this.#running?.hook === 'init'
  }

  has(hook: Hook): boolean {
    return this.#parts.hooks.has(hook)
  }

  /** It enters with the next entry. None may be running. */
  begin(hook: Hook): void {
    const { requests, ops, context } = this.#parts
    const target = this.#parts.target()
    const nowMs = context.nowMs()
    const invocation: Invocation = {
      // Which instance it is, its process does not say: there may be several of the version.
      id: `${hook}-${crypto.randomUUID()}`,
      target,
      event: { kind: 'direct', json: '' },
      arrivedAtMs: nowMs,
      deadlineMs: nowMs + maxMs[hook],
      usage: noUsage(),
      onSettled: (outcome) => {
        this.#outcome = describe(hook, outcome, target.manifest.limits)
        context.onHookEnded(hook, invocation, this.#outcome.kind === 'ok' ? null : this.#outcome)
      },
    }
    const pending = requests.addHook(hook, invocation)
    this.#running = { hook, pending }
    ops.runHook(pending, hook, maxMs[hook])
  }

  /** The hook that has ended since it was last asked, and how; null = none has. */
  takeEnd(): { readonly hook: Hook; readonly outcome: Outcome } | null {
    if (this.#running === null || this.#outcome === null) return null
    const { hook, pending } = this.#running
    // What `shutdown` gave to `waitUntil` runs within its time; of `init`, beside requests.
    if (hook === 'shutdown' && !pending.isGivenUp && this.#parts.requests.has(pending)) return null
    const outcome = this.#outcome
    this.#running = null
    this.#outcome = null
    return { hook, outcome }
  }
}

/** Says of a hook's failure what is said of requests otherwise. */
function describe(hook: Hook, outcome: Outcome, limits: Limits): Outcome {
  const { kind } = outcome
  switch (kind) {
    case 'exceeded_cpu': {
      const most = hook === 'init' ? mostInitCpuMs(limits) : limits.cpuMs
      const slice = Math.min(most, fixedLimits.maxSliceMs)
      const message = `${hook} was stopped over ${most} ms of CPU, or ${slice} ms without a pause`
      return { kind, message }
    }
    case 'exceeded_wall_time':
      return { kind, message: `${hook} did not settle within ${maxMs[hook]} ms` }
    case 'no_response':
      return { kind, message: `${hook} can never settle: it waits for nothing that could still happen` }
    default:
      return outcome
  }
}
