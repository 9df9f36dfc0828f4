import type { ByteBudget } from '../../model/byte-budget.ts'
import type { Enqueued, EnqueueForGuest } from '../../model/enqueue.ts'
import { fixedLimits } from '../../model/limits.ts'
import type { Pending } from '../instance/pending.ts'
import type { AsyncOps } from './async-ops.ts'
import { MemoryShare } from './memory-share.ts'

/** A call that a guest asks for, as it came: see `op.enqueue`. */
export interface EnqueueOp {
  readonly binding: string
  /** The event. */
  readonly json: string
  readonly options: string
}

/** Of the options, as JSON: a name of 128 bytes and a delay, whatever is escaped of it. */
const maxOptionsUnits = 2048
/** The text, and the bytes made of it. */
const heldPerUnit = 2

/** The calls that one instance's guest asks for. */
export class GuestEnqueues {
  readonly #ops: AsyncOps
  readonly #memory: ByteBudget
  readonly #enqueue: EnqueueForGuest

  constructor(ops: AsyncOps, memory: ByteBudget, enqueue: EnqueueForGuest) {
    this.#ops = ops
    this.#memory = memory
    this.#enqueue = enqueue
  }

  /** `owner`: whose subrequest it is; `depth`: of the new call. */
  begin(opId: number, owner: Pending | undefined, call: EnqueueOp & { readonly depth: number }): void {
    // It cannot be taken back: if nobody waits for the answer any more, the call is made all the same.
    if (!this.#ops.begin(opId, owner, () => {})) return
    const checked = check(owner, call)
    if (typeof checked === 'string') {
      this.#ops.reject(opId, `Cannot enqueue: ${checked}`)
      return
    }
    const { json, depth } = call
    if (json.length > fixedLimits.maxAsyncBytes) {
      this.#ops.resolve(opId, answerOf(tooLarge))
      return
    }
    const share = new MemoryShare(this.#memory)
    if (!share.hold(json.length * heldPerUnit)) {
      this.#ops.reject(opId, `Cannot enqueue: ${noRoom}`)
      return
    }
    const parentId = owner!.invocation.id
    void this.#enqueue({ ...checked, json, depth, parentId }).then((enqueued) => {
      share.release()
      this.#ops.resolve(opId, answerOf(enqueued))
    })
  }
}

const noRoom = 'what the instance sends and receives must fit into limits.memoryMiB'

interface Checked {
  readonly reference: string
  readonly delayMs: number
  readonly callerId: string | null
}

/** What is to be called and how, or why nothing is. */
function check(owner: Pending | undefined, { binding, options }: EnqueueOp): Checked | string {
  const manifest = owner?.invocation.target.manifest
  const allowed = manifest?.limits.subrequests ?? 0
  if (owner === undefined || ++owner.subrequests > allowed)
    return `${allowed} subrequests were made, limits.subrequests allows no more`
  const bindings = manifest?.bindings ?? {}
  const reference = Object.hasOwn(bindings, binding) ? bindings[binding] : undefined
  if (reference === undefined) return 'the function has no such binding'
  const read = readOptions(options)
  return read === null ? 'its options are not as they must be' : { reference, ...read }
}

/** Null unless it is what the bootstrap writes. Bounds are looked at where calls are accepted. */
function readOptions(json: string): Omit<Checked, 'reference'> | null {
  if (json.length > maxOptionsUnits) return null
  try {
    const { delayMs, id } = JSON.parse(json) as { readonly delayMs: unknown; readonly id: unknown }
    if (typeof delayMs !== 'number' && delayMs !== null) return null
    if (typeof id !== 'string' && id !== null) return null
    return { delayMs: delayMs ?? 0, callerId: id }
  } catch {
    return null
  }
}

const tooLarge: Enqueued = {
  kind: 'refused',
  code: 'payload_too_large',
  message: `Cannot accept the call: its event must have at most ${fixedLimits.maxAsyncBytes} bytes`,
}

function answerOf(enqueued: Enqueued): string {
  switch (enqueued.kind) {
    case 'enqueued':
      return JSON.stringify({ invocationId: enqueued.id })
    case 'duplicate': {
      const { id: invocationId, state } = enqueued
      const message = `Cannot accept the call: its id was given before, to ${invocationId}`
      return JSON.stringify({ code: 'duplicate_invocation', message, details: { invocationId, state } })
    }
    case 'refused': {
      const { code, message } = enqueued
      return JSON.stringify({ code, message, details: {} })
    }
  }
}
