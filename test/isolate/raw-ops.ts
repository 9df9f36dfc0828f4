import { entryFrame } from '../../runtime/isolate/abi.ts'
import { EntryFrames } from '../../runtime/isolate/instance/entry-frames.ts'
import type { InstanceContext } from '../../runtime/isolate/instance/instance-context.ts'
import { Pending } from '../../runtime/isolate/instance/pending.ts'
import type { LayerFiles } from '../../runtime/isolate/layers/layer-files.ts'
import { GuestOps } from '../../runtime/isolate/ops/guest-ops.ts'
import { answerOp } from '../../runtime/isolate/ops/op-calls.ts'
import type { ByteSource } from '../../runtime/model/byte-source.ts'
import { type HttpEvent, type Invocation, noUsage } from '../../runtime/model/invocation.ts'

const interrupted = { kind: 'interrupted', message: 'ended' } as const

/** The ops of one instance, called as a guest would that got hold of them. */
export class Ops {
  readonly #pending = new Map<number, Pending>()
  readonly #ops: GuestOps
  readonly closed: string[] = []

  constructor(memoryMiB = 1, files: LayerFiles | null = null) {
    const context = { nowMs: () => 0, wallMs: () => 0 } as InstanceContext
    const owner = {
      pending: (id: number) => this.#pending.get(id),
      entryOwner: () => undefined,
      all: () => this.#pending.values(),
      onCompletion() {},
      onUnownedLog() {},
    }
    this.#ops = new GuestOps(owner, context, { versionId: 'test', limits: { memoryMiB } }, files)
  }

  /** Begins a request; returns what its frame says of its body. */
  begin(requestId: number, body: HttpEvent['body'] = null, subrequests = 3): number {
    const event = { kind: 'http', body }
    const target = { manifest: { limits: { subrequests } } }
    const invocation = { event, target, usage: noUsage(), onSettled() {} } as unknown as Invocation
    const pending = new Pending(requestId, invocation, false)
    this.#pending.set(requestId, pending)
    return this.#ops.openBody(pending)
  }

  call(number: number, a?: unknown, b?: unknown, c?: unknown, d?: unknown, e?: unknown): unknown {
    return answerOp(this.#ops, number, a, b, c, d, e)
  }

  /** The body of a response, as the instance gives it to the router. */
  respond(requestId: number, sinkId: number): ByteSource | null {
    return this.#ops.responseSink(sinkId, this.#pending.get(requestId)!, (how) => this.closed.push(how))
  }

  handOn(streamId: number): ByteSource | null {
    return this.#ops.handOn(streamId)
  }

  end(requestId: number): void {
    this.#ops.forget(this.#pending.get(requestId)!)
    this.#pending.delete(requestId)
  }

  close(): void {
    this.#ops.close(() => interrupted)
  }

  get isAwaited(): boolean {
    return this.#ops.isAwaited
  }

  /** What the guest is told: the ids of ops that succeeded, and messages of those that failed. */
  told(): { readonly resolved: number[]; readonly rejected: [number, string][] } {
    const frames = new EntryFrames()
    this.#ops.writeCompletions(frames, () => {})
    const numbers = frames.meta === '' ? [] : frames.meta.split(',').map(Number)
    const resolved: number[] = []
    const rejected: [number, string][] = []
    let textAt = 0
    for (let at = 0; at < numbers.length; at += 3) {
      const [kind, opId, length] = numbers.slice(at, at + 3) as [number, number, number]
      const text = frames.text.slice(textAt, textAt + length)
      textAt += length
      if (kind === entryFrame.opResolved) resolved.push(opId)
      else rejected.push([opId, text])
    }
    return { resolved, rejected }
  }
}

/** What is no id that was ever given. */
export const strange = [0, -1, 1.5, Number.NaN, 2 ** 53, 99, '1', null, undefined, {}, true]
