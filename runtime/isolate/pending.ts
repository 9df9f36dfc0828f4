import type { Invocation } from '../model/invocation.ts'
import type { Outcome } from '../model/outcome.ts'
import type { Instance } from './instance.ts'
import type { OutboundQueue } from './outbound-queue.ts'

/** An invocation inside an instance, from the entry it waits for until nothing more of it runs. */
export class Pending {
  readonly requestId: number
  readonly invocation: Invocation
  /** Run again after its instance was condemned before it began: if that happens once more it ends. */
  readonly isSecondRun: boolean
  hasBegun = false
  isSettled = false
  /** Settled without the guest (deadline, client gone): nobody waits for what it still does. */
  isGivenUp = false
  subrequests = 0
  /** Made for its first outbound request. */
  outbound: OutboundQueue | null = null
  /** The request's body until the guest takes it. */
  body: Uint8Array | null
  /** The response's bytes between `giveBytes` and the frame that announces them. */
  responseBytes: Uint8Array | null = null
  /** Where `Deadlines` holds it, null if nowhere. */
  expiresAtMs: number | null = null
  /** Who is told when that time comes. */
  instance: Instance | null = null

  constructor(requestId: number, invocation: Invocation, isSecondRun: boolean) {
    this.requestId = requestId
    this.invocation = invocation
    this.isSecondRun = isSecondRun
    this.body = invocation.event.kind === 'http' ? invocation.event.body : null
  }

  /** The first outcome counts; later ones are passed over. */
  settle(outcome: Outcome): void {
    if (this.isSettled) return
    this.isSettled = true
    this.body = null
    this.responseBytes = null
    this.invocation.onSettled(outcome)
  }
}
