import { type Invocation, noUsage, type Target } from '../../model/invocation.ts'
import { fixedLimits, type Limits } from '../../model/limits.ts'
import type { Outcome } from '../../model/outcome.ts'
import type { Hook } from '../abi.ts'
import type { GuestOps } from '../ops/guest-ops.ts'
import type { Instance } from './instance.ts'
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

/** CPU that `init` may take: what it prepares once may cost more than one request does. */
export function maxInitCpuMs({ cpuMs }: Limits): number {
  return Math.max(cpuMs, fixedLimits.maxInitCpuMs)
}

/**
 * The hooks of one instance. Each runs like a direct event of nobody: what it does is charged to it, bounded and logged by
 * the same means, with other bounds.
 */
export class Lifecycle {
  readonly #parts: LifecycleParts
  readonly #instance: Instance
  #running: { readonly hook: Hook; readonly pending: Pending } | null = null
  #outcome: Outcome | null = null
  #onShutDown: () => void = () => {}

  constructor(instance: Instance, parts: LifecycleParts) {
    this.#instance = instance
    this.#parts = parts
  }

  /** CPU that is allowed while `init` runs; null = it does not. */
  get initCpuMs(): number | null {
    return this.#running?.hook === 'init' ? maxInitCpuMs(this.#instance.manifest.limits) : null
  }

  /** The module has a `shutdown`, and no hook runs. */
  get canShutDown(): boolean {
    return this.#running === null && this.#parts.hooks.has('shutdown')
  }

  /** Has `init` run. False = there is none. */
  initialise(): boolean {
    if (!this.#parts.hooks.has('init')) return false
    this.#begin('init')
    return true
  }

  /** Has `shutdown` run, disposes the instance, and calls back: once. */
  shutDown(onEnded: () => void): void {
    this.#onShutDown = onEnded
    this.#begin('shutdown')
  }

  /** If a hook has ended, the instance serves from now on, or is over. To be called after whatever may end one. */
  settle(): void {
    const end = this.#takeEnd()
    if (end === null) return
    const { hook, outcome } = end
    if (hook === 'init' && outcome.kind === 'ok') {
      this.#instance.serve()
      return
    }
    this.#instance.dispose()
    if (hook === 'shutdown') this.#onShutDown()
    // Interrupted: disposed from outside, where nobody needs to be told.
    else if (outcome.kind !== 'ok' && outcome.kind !== 'interrupted')
      this.#parts.context.onInitFailed(this.#instance, outcome)
  }

  /** It enters with the next entry. */
  #begin(hook: Hook): void {
    const { requests, ops, context } = this.#parts
    const target = this.#parts.target()
    const nowMs = context.nowMs()
    const invocation: Invocation = {
      id: `${hook}-${crypto.randomUUID()}`,
      target,
      event: { kind: 'direct', json: '' },
      arrivedAtMs: nowMs,
      deadlineMs: nowMs + maxMs[hook],
      attempt: null,
      usage: noUsage(),
      onSettled: (outcome) => {
        this.#outcome = describe(hook, outcome, target.manifest.limits)
        context.onHookEnded(hook, invocation, this.#outcome.kind === 'ok' ? null : this.#outcome)
      },
    }
    const pending = requests.addHook(hook, invocation)
    this.#running = { hook, pending }
    // Its time runs from now on, though in a busy worker it may take a while until it is entered.
    requests.expireInTime(pending)
    ops.runHook(pending, hook, maxMs[hook])
  }

  #takeEnd(): { readonly hook: Hook; readonly outcome: Outcome } | null {
    const outcome = this.#outcome
    if (this.#running === null || outcome === null) return null
    const { hook, pending } = this.#running
    // What `shutdown` gave to `waitUntil` runs within its time; of `init`, beside requests.
    if (hook === 'shutdown' && !pending.isGivenUp && this.#parts.requests.has(pending)) return null
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
      const cpuMs = hook === 'init' ? maxInitCpuMs(limits) : limits.cpuMs
      const sliceMs = Math.min(cpuMs, fixedLimits.maxSliceMs)
      return {
        kind,
        message: `${hook} was stopped over ${cpuMs} ms of CPU, or ${sliceMs} ms without a pause`,
      }
    }
    case 'exceeded_wall_time':
      return { kind, message: `${hook} did not settle within ${maxMs[hook]} ms` }
    case 'no_response':
      return { kind, message: `${hook} can never settle: it waits for nothing that could still happen` }
    default:
      return outcome
  }
}
