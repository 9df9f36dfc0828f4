import type { ByteBudget } from '../../model/byte-budget.ts'
import type { HostWork, WorkAccount } from '../host-work/host-work.ts'
import type { Pending } from '../instance/pending.ts'
import type { AsyncOps } from '../ops/async-ops.ts'
import { CollectedBytes } from '../ops/collected-bytes.ts'
import { MemoryShare } from '../ops/memory-share.ts'
import { answerOf } from './answer.ts'
import { checkBounds, isLong, workingBytes } from './bounds.ts'
import { KeyNotAtHand, readCall, type WebCryptoCall } from './call.ts'
import { WebCryptoKeys } from './keys.ts'
import { performNow } from './now.ts'
import { isThreaded, perform, type WebCryptoResult } from './perform.ts'
import { CryptoRefusal, refusalText } from './refusal.ts'

/** As the guest sends it; see `web-crypto-abi.ts`. */
export interface SubtleOp {
  readonly opId: number
  readonly json: string
  readonly bytes: Uint8Array
}

export interface WebCryptoOptions {
  readonly async: AsyncOps
  readonly memory: ByteBudget
  readonly work: HostWork
  readonly accountOf: (owner: Pending | undefined) => WorkAccount
}

/** Calls that one instance waits for at once. */
const maxOpen = 1000
/** The longest are private RSA keys as JSON Web Keys: 7 000. */
const maxJsonUnits = 256 * 1024

/** `crypto.subtle` of one guest. */
export class WebCrypto {
  readonly #options: WebCryptoOptions
  readonly #keys = new WebCryptoKeys()
  #open = 0

  constructor(options: WebCryptoOptions) {
    this.#options = options
  }

  /** What can be said at once (see `abi.ts`), or undefined: then the op is answered later. Never throws. */
  call(op: SubtleOp, owner: Pending | undefined): ArrayBuffer | string | number | undefined {
    try {
      return this.#begin(op, owner)
    } catch (error) {
      return error instanceof KeyNotAtHand ? error.id : refusalText(error)
    }
  }

  restoreKey(id: number, sealed: string): boolean {
    return sealed.length <= maxJsonUnits && this.#keys.restore(id, sealed)
  }

  close(): void {
    this.#keys.clear()
  }

  #begin({ opId, json, bytes }: SubtleOp, owner: Pending | undefined): ArrayBuffer | string | undefined {
    if (json.length > maxJsonUnits) throw tooMuch('so large a key or algorithm')
    const call = readCall(json, bytes, this.#keys)
    checkBounds(call)
    const now = performNow(call)
    if (now !== undefined) {
      const answer = answerOf(now, this.#keys)
      return answer.bytes ?? answer.text
    }
    if (this.#open >= maxOpen) throw tooMuch(`more than ${maxOpen} calls at once`)
    const { memory, async } = this.#options
    const share = new MemoryShare(memory)
    if (!share.hold(bytes.byteLength + workingBytes(call)))
      throw tooMuch('what does not fit into limits.memoryMiB with the rest')
    const controller = new AbortController()
    if (!async.begin(opId, owner, () => controller.abort())) {
      share.release()
      throw tooMuch('a call of that number twice')
    }
    this.#open++
    void this.#finish(opId, call, { owner, share, signal: controller.signal })
    return undefined
  }

  /** Never rejects. */
  async #finish(
    opId: number,
    call: WebCryptoCall,
    { owner, share, signal }: { owner: Pending | undefined; share: MemoryShare; signal: AbortSignal },
  ): Promise<void> {
    const { async, work, accountOf } = this.#options
    const account = accountOf(owner)
    try {
      let result: WebCryptoResult
      if (isThreaded(call)) {
        const lane = isLong(call) ? 'long' : 'short'
        result = await work.run(account, { lane, signal }, () => perform(call))
      } else result = await perform(call)
      const startedAtMs = performance.now()
      const { text, bytes } = answerOf(result, this.#keys)
      account.charge(performance.now() - startedAtMs)
      share.release()
      if (bytes !== null && !share.hold(bytes.byteLength))
        throw tooMuch('what does not fit into limits.memoryMiB with the rest')
      async.resolve(
        opId,
        text,
        bytes === null ? undefined : new CollectedBytes([new Uint8Array(bytes)], share),
      )
    } catch (error) {
      share.release()
      async.reject(opId, refusalText(error))
    } finally {
      this.#open--
    }
  }
}

function tooMuch(what: string): CryptoRefusal {
  return new CryptoRefusal('OperationError', `Cannot work with ${what}`)
}
