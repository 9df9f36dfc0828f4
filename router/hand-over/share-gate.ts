import type { Invocation, Invoker, Outcome, Share } from '../../runtime/index.ts'
import type { FunctionShares } from '../../runtime/worker-side.ts'
import type { PeerInvoker } from './peer-invoker.ts'

/** Runs invocations in this worker. */
export interface LocalInvoker extends Invoker {
  /** What of a function is here: requests that run or wait, and instances. */
  inUse(functionName: string): Share
}

export interface ShareGateOptions {
  readonly local: LocalInvoker
  readonly shares: Pick<FunctionShares, 'of' | 'askMore' | 'holders' | 'doubt'>
  readonly peers: Pick<PeerInvoker, 'invoke' | 'cancel'>
  readonly nowMs: () => number
}

/** Of one function. */
const maxWaiting = 1000
/** Of one invocation: shares may move once more while it is under way to where they were. */
const maxMoves = 10
const lookEveryMs = 50

interface Waiting {
  readonly invocation: Invocation
  /** Of one that another worker handed over: it goes back, and to nobody else. */
  readonly goBack: (() => void) | null
}

/**
 * Lets invocations through to where their function may run: here, as far as this worker's share reaches, else in a worker that
 * has one. While a share is being asked for they wait. Functions without caps pass by.
 */
export class ShareGate implements Invoker {
  readonly #options: ShareGateOptions
  readonly #lines = new Map<string, Set<Waiting>>()
  readonly #moves = new WeakMap<Invocation, number>()
  #look: NodeJS.Timeout | null = null

  constructor(options: ShareGateOptions) {
    this.#options = options
  }

  get isBusy(): boolean {
    return this.#lines.size > 0
  }

  invoke(invocation: Invocation): void {
    const { reserved, maxInstances } = invocation.target.settings.pool
    if (reserved === null && maxInstances === null) this.#options.local.invoke(invocation)
    else this.#arrive({ invocation, goBack: null })
  }

  /** Takes what another worker hands over; `goBack` if there is no share here. */
  invokeHere(invocation: Invocation, goBack: () => void): void {
    this.#arrive({ invocation, goBack })
  }

  cancel(invocation: Invocation): void {
    const { functionName } = invocation.target
    for (const waiting of this.#lines.get(functionName) ?? []) {
      if (waiting.invocation !== invocation) continue
      this.#leave(functionName, waiting)
      this.#settle(invocation, { kind: 'canceled', message: 'The client went away' })
      return
    }
    if (!this.#options.peers.cancel(invocation)) this.#options.local.cancel(invocation)
  }

  /** Nobody whom it was handed to had a share. */
  returned(invocation: Invocation): void {
    const moves = (this.#moves.get(invocation) ?? 0) + 1
    this.#moves.set(invocation, moves)
    if (moves > maxMoves) {
      this.#settle(invocation, { kind: 'overloaded', message: 'No worker had a share of the function' })
      return
    }
    this.#options.shares.doubt(invocation.target.functionName)
    this.#arrive({ invocation, goBack: null })
  }

  /** What `FunctionShares` says of a function may have changed. */
  onChanged(functionName: string): void {
    const line = this.#lines.get(functionName)
    if (line === undefined) return
    for (const waiting of [...line]) {
      const isThrough = this.#pass(waiting)
      if (!isThrough) return
      this.#leave(functionName, waiting)
    }
  }

  /** Settles what waits. */
  close(): void {
    for (const [functionName, line] of [...this.#lines]) {
      for (const waiting of [...line]) {
        this.#leave(functionName, waiting)
        this.#settle(waiting.invocation, waitedInVain)
      }
    }
  }

  #arrive(waiting: Waiting): void {
    const { functionName } = waiting.invocation.target
    const line = this.#lines.get(functionName)
    if (line === undefined) {
      if (!this.#pass(waiting)) this.#lines.set(functionName, new Set([waiting]))
    } else if (line.size < maxWaiting) line.add(waiting)
    else this.#settleLater(waiting.invocation, throttled(`${maxWaiting} requests wait for a share`))
    if (this.#lines.size > 0) this.#look ??= setTimeout(() => this.#lookAtAll(), lookEveryMs).unref()
  }

  /** Whether it is on its way; else it waits until `onChanged`. */
  #pass({ invocation, goBack }: Waiting): boolean {
    const { local, shares, peers } = this.#options
    const { functionName, settings } = invocation.target
    const { reserved } = settings.pool
    if (reserved === 0) {
      this.#settleLater(invocation, throttled('pool.reserved is 0: the function is blocked'))
      return true
    }
    const share = shares.of(functionName, settings.pool)
    if (share === null) return false
    if (local.inUse(functionName).requests < share.requests) {
      local.invoke(invocation)
      return true
    }
    if (shares.askMore(functionName, 'requests')) return false
    if (share.requests > 0) {
      this.#settleLater(invocation, throttled(`pool.reserved allows ${reserved} requests over all workers`))
      return true
    }
    const holders = shares.holders(functionName)
    if (goBack !== null) goBack()
    else if (holders.length > 0) peers.invoke(invocation, holders)
    else this.#settleLater(invocation, throttled('Other workers have all that the function may have'))
    return true
  }

  #leave(functionName: string, waiting: Waiting): void {
    const line = this.#lines.get(functionName)
    line?.delete(waiting)
    if (line?.size === 0) this.#lines.delete(functionName)
  }

  /** Gives up those whose deadline has passed. */
  #lookAtAll(): void {
    this.#look = null
    const nowMs = this.#options.nowMs()
    for (const [functionName, line] of [...this.#lines]) {
      for (const waiting of [...line]) {
        if (nowMs < waiting.invocation.deadlineMs) continue
        this.#leave(functionName, waiting)
        this.#settle(waiting.invocation, waitedInVain)
      }
    }
    if (this.#lines.size > 0) this.#look = setTimeout(() => this.#lookAtAll(), lookEveryMs).unref()
  }

  /** Never from within `invoke`. */
  #settleLater(invocation: Invocation, outcome: Outcome): void {
    setImmediate(() => this.#settle(invocation, outcome))
  }

  #settle(invocation: Invocation, outcome: Outcome): void {
    invocation.usage.waitMs = this.#options.nowMs() - invocation.arrivedAtMs
    invocation.onSettled(outcome)
  }
}

function throttled(message: string): Outcome {
  return { kind: 'throttled', message }
}

const waitedInVain: Outcome = { kind: 'overloaded', message: 'No share became free before the deadline' }
