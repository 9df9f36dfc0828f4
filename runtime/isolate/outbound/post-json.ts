import type { EgressSettings } from '../../model/egress.ts'
import type { OutboundAgents } from './outbound-agents.ts'
import { outboundFetch } from './outbound-fetch.ts'

export interface JsonPost {
  /** Whose connections and egress rules are used. */
  readonly functionName: string
  readonly egress: EgressSettings
  readonly url: string
  /** Besides the type of the content. */
  readonly headers: readonly (readonly [string, string])[]
  readonly json: string
  readonly userAgent: string
  /** To the head of the answer, connecting included. */
  readonly timeoutMs: number
  /** Gives it up. */
  readonly signal: AbortSignal
}

export interface PostAnswer {
  /** Redirects are not followed. */
  readonly status: number
  /** Value of the header `Retry-After`; null = none. */
  readonly retryAfter: string | null
}

/** Posts JSON on behalf of a function, and does not look at the body of the answer. @throws TypeError with a message that users may see */
export async function postJson(agents: OutboundAgents, post: JsonPost): Promise<PostAnswer> {
  const { functionName, egress, url, headers, json, userAgent, timeoutMs } = post
  const signal = AbortSignal.any([post.signal, AbortSignal.timeout(timeoutMs)])
  const lease = await agents.lease(functionName, egress)
  try {
    const request = {
      method: 'POST',
      url,
      headers: [['content-type', 'application/json'], ...headers],
      redirect: 'manual',
    }
    const answer = await outboundFetch(
      lease.client,
      { json: JSON.stringify(request), body: Buffer.from(json) },
      { signal, userAgent, timeoutMs, streamIdleMs: timeoutMs },
    )
    const retryAfter = answer.headers.find(([name]) => name === 'retry-after')?.[1] ?? null
    await answer.stream?.cancel()
    return { status: answer.status, retryAfter }
  } finally {
    lease.release()
  }
}
