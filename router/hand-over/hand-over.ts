import type { Invocation, Invoker } from '../../runtime/index.ts'
import type { FunctionShares } from '../../runtime/worker-side.ts'
import type { PeerInvoker } from './peer-invoker.ts'
import { TakenOver } from './taken-over.ts'

export interface HandOverOptions {
  readonly shares: Pick<FunctionShares, 'askMore' | 'holders' | 'doubt'>
  readonly peers: Pick<PeerInvoker, 'invoke' | 'cancel'>
  /** Runs invocations here, and calls `offer` for those that it has no share for. */
  readonly local: Invoker
}

/** Of one invocation: shares may move on while it is under way to where they were. */
const maxMoves = 10

/** Gives invocations away that have no share here, and takes them back when there was none elsewhere either. */
export class HandOver {
  readonly #options: HandOverOptions
  readonly #moves = new WeakMap<Invocation, number>()

  constructor(options: HandOverOptions) {
    this.#options = options
  }

  /** There is no share for it here. True = it is given away, and whoever has it settles it; false = nobody has a share. */
  offer(invocation: Invocation): boolean {
    // Never on to a third worker, or two that each believe in the other's share would go on for ever.
    if (invocation instanceof TakenOver) {
      invocation.move()
      return true
    }
    const { shares, peers } = this.#options
    const { functionName, settings } = invocation.target
    const holders = shares.holders(functionName)
    if (settings.pool.reserved === 0 || holders.length === 0) return false
    // For the next ones: this one need not wait for the answer.
    shares.askMore(functionName, 'requests')
    peers.invoke(invocation, holders)
    return true
  }

  /** Nobody whom it was offered to had a share, and it began nowhere. */
  takeBack(invocation: Invocation): void {
    const moves = (this.#moves.get(invocation) ?? 0) + 1
    this.#moves.set(invocation, moves)
    if (moves > maxMoves) {
      invocation.onSettled({ kind: 'overloaded', message: 'No worker had a share of the function' })
      return
    }
    this.#options.shares.doubt(invocation.target.functionName)
    this.#options.local.invoke(invocation)
  }

  cancel(invocation: Invocation): void {
    if (!this.#options.peers.cancel(invocation)) this.#options.local.cancel(invocation)
  }
}
