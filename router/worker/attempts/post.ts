import type {
  AttemptResult,
  Call,
  CallEvent,
  CallId,
  FunctionSettings,
  GuestError,
} from '../../../runtime/index.ts'
import type { JsonPost, PostAnswer } from '../../../runtime/worker-side.ts'
import { retryAfterMs } from './attempt-result.ts'
import { postSignature } from './post-signature.ts'

export interface PostHost {
  readonly nowMs: () => number
  readonly logNowMs: () => number
  readonly wallMs: () => number
  readonly userAgent: string
  /** @throws TypeError with a message that users may see */
  readonly post: (post: JsonPost) => Promise<PostAnswer>
}

export const postTimeoutMs = 10_000

/** One attempt to tell a destination's URL of the end of a call. */
export class Post {
  readonly id: CallId
  readonly #abort = new AbortController()

  constructor(
    host: PostHost,
    call: Call,
    event: Extract<CallEvent, { kind: 'post' }>,
    settings: FunctionSettings,
    onEnded: (result: AttemptResult) => void,
  ) {
    this.id = call.id
    void this.#run(host, call.functionName, event, settings).then(onEnded)
  }

  stop(): void {
    this.#abort.abort()
  }

  async #run(
    host: PostHost,
    functionName: string,
    { destination, json }: Extract<CallEvent, { kind: 'post' }>,
    settings: FunctionSettings,
  ): Promise<AttemptResult> {
    const target = settings.async[destination]
    if (target?.kind !== 'url') return gone(`async.${destination} is no URL any more`)
    if (!target.url.startsWith('https://')) return gone(`async.${destination} must be an https URL`)
    const { nowMs, logNowMs, wallMs, userAgent } = host
    const startedAtMs = logNowMs()
    const beganMs = nowMs()
    const ran = { kind: 'ran', executedVersion: null, message: null, startedAtMs, logLines: [] } as const
    try {
      const { status, retryAfter } = await host.post({
        functionName,
        egress: settings.egress,
        url: target.url,
        headers: [
          ['x-isolette-invocation-id', this.id],
          ['x-isolette-signature', postSignature(target.secret, json, wallMs())],
        ],
        json,
        userAgent,
        timeoutMs: postTimeoutMs,
        signal: this.#abort.signal,
      })
      const result = { kind: 'http', status, headers: [], body: null } as const
      const waitMs = retryAfterMs(retryAfter, wallMs())
      return {
        ...ran,
        outcome: 'ok',
        error: null,
        result,
        retryAfterMs: waitMs,
        durationMs: nowMs() - beganMs,
      }
    } catch (thrown) {
      const failed = { ...ran, result: null, retryAfterMs: null, durationMs: nowMs() - beganMs }
      if (this.#abort.signal.aborted)
        return { ...failed, outcome: 'canceled', error: null, message: 'The call was stopped' }
      return { ...failed, outcome: 'exception', error: errorOf(thrown) }
    }
  }
}

function gone(message: string): AttemptResult {
  return { kind: 'gone', reason: 'destination_gone', message }
}

/** Without a stack: it is ours, and tells users nothing. */
function errorOf(thrown: unknown): GuestError {
  const { name, message } = thrown instanceof Error ? thrown : new Error(String(thrown))
  return { name, message, stack: '' }
}
