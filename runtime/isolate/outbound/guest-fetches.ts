import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ByteBudget } from '../../model/byte-budget.ts'
import type { ByteSource } from '../../model/byte-source.ts'
import type { InstanceContext } from '../instance/instance-context.ts'
import type { Pending } from '../instance/pending.ts'
import type { AsyncOps } from '../ops/async-ops.ts'
import { CollectedBytes } from '../ops/collected-bytes.ts'
import type { GuestSources } from '../ops/guest-sources.ts'
import { MemoryShare } from '../ops/memory-share.ts'
import { OutboundBody } from './outbound-body.ts'
import { type OutboundResponse, originOf, outboundFetch, outboundReason } from './outbound-fetch.ts'
import { type OutboundPlace, OutboundQueue } from './outbound-queue.ts'

/** Most units of an outbound request's URL and headers: the host reads them at one go. */
const maxHeadUnits = 256 * 1024

/** What one instance's guest does with `fetch`. */
export class GuestFetches {
  readonly #ops: AsyncOps
  readonly #sources: GuestSources
  readonly #memory: ByteBudget
  readonly #context: InstanceContext

  constructor(ops: AsyncOps, sources: GuestSources, memory: ByteBudget, context: InstanceContext) {
    this.#ops = ops
    this.#sources = sources
    this.#memory = memory
    this.#context = context
  }

  /** `owner`: whose subrequest it is. A body that is a source is cancelled if it is not sent. */
  begin(
    opId: number,
    owner: Pending | undefined,
    request: { readonly json: string; readonly body: Uint8Array | ByteSource | null },
  ): void {
    const { json, body } = request
    const drop = () => {
      if (body !== null && !(body instanceof Uint8Array)) body.cancel()
    }
    const share = new MemoryShare(this.#memory)
    const problem = this.#problemOf(owner, json, body, share)
    if (problem !== null || owner === undefined) {
      drop()
      this.refuse(opId, owner, problem ?? 'no request runs')
      return
    }
    const controller = new AbortController()
    if (!this.#ops.begin(opId, owner, () => controller.abort())) {
      share.release()
      drop()
      return
    }
    this.#run(opId, owner, request, share, controller.signal).catch((error: unknown) => {
      drop()
      share.release()
      this.#ops.reject(opId, error instanceof Error ? error.message : 'unknown reason')
    })
  }

  /** Answers that nothing was sent. */
  refuse(opId: number, owner: Pending | undefined, problem: string): void {
    if (this.#ops.begin(opId, owner, () => {})) this.#ops.reject(opId, `Cannot fetch: ${problem}`)
  }

  /** An invocation that waits for nothing but places may wait for what it does not read itself. */
  relieve(owner: Pending): void {
    const { outbound } = owner
    if (outbound === null || outbound.waiting === 0) return
    if (this.#ops.openOf(owner) === outbound.waiting) outbound.relieve()
  }

  #problemOf(
    owner: Pending | undefined,
    json: string,
    body: Uint8Array | ByteSource | null,
    share: MemoryShare,
  ): string | null {
    const allowed = owner?.invocation.target.manifest.limits.subrequests ?? 0
    if (owner === undefined || ++owner.subrequests > allowed)
      return `${allowed} subrequests were made, limits.subrequests allows no more`
    if (json.length > maxHeadUnits)
      return `URL and headers of ${json.length} characters, must be at most ${maxHeadUnits}`
    if (share.hold(body instanceof Uint8Array ? body.byteLength : 0)) return null
    return 'what the instance sends and receives must fit into limits.memoryMiB'
  }

  async #run(
    opId: number,
    owner: Pending,
    request: { readonly json: string; readonly body: Uint8Array | ByteSource | null },
    share: MemoryShare,
    signal: AbortSignal,
  ): Promise<void> {
    const { userAgent, outbound } = this.#context
    const { functionName, settings, manifest } = owner.invocation.target
    const { timeoutMs, streamIdleMs } = manifest.limits
    owner.outbound ??= new OutboundQueue()
    const place = await owner.outbound.take(signal)
    let free = () => place.leave()
    try {
      const lease = await outbound.lease(functionName, settings.egress)
      free = () => {
        lease.release()
        place.leave()
      }
      const terms = { signal, userAgent, timeoutMs, streamIdleMs }
      const response = await outboundFetch(lease.client, request, terms)
      await this.#answer(opId, owner, response, { share, place, free, idleMs: streamIdleMs })
    } catch (error) {
      free()
      throw error
    }
  }

  /** `free`: the connection is not used any more. */
  async #answer(
    opId: number,
    owner: Pending,
    { stream, unpackingBytes, ...head }: OutboundResponse,
    {
      share,
      place,
      free,
      idleMs,
    }: { share: MemoryShare; place: OutboundPlace; free: () => void; idleMs: number },
  ): Promise<void> {
    if (stream === null) {
      free()
      share.release()
      this.#ops.resolve(opId, JSON.stringify({ ...head, body: -1 }))
      return
    }
    const body = new OutboundBody(stream, {
      share,
      unpackingBytes,
      idleMs,
      onOver: free,
      onStalled: () => this.relieve(owner),
      reasonOf: (error) =>
        `the answer of ${originOf(head.url)} broke off: ${outboundReason(error, head.url)}`,
    })
    place.answer = body
    // What came together with the head goes together with it: one crossing, and nothing left open if nobody reads it.
    await nextTurn()
    const whole = body.takeWhole()
    if (whole !== null) {
      this.#ops.resolve(opId, JSON.stringify({ ...head, body: 0 }), new CollectedBytes([whole], null))
    } else if (this.#ops.isOpen(opId)) {
      const streamId = this.#sources.open(body.source, undefined, () => {
        body.isHandedOn = true
      })
      this.#ops.resolve(opId, JSON.stringify({ ...head, body: streamId }))
    } else {
      body.source.cancel()
    }
  }
}
