interface Accepted {
  invocationId: string
}

interface Env {
  INVOICES: { enqueue(event: unknown, options?: { delayMs?: number; id?: string }): Promise<Accepted> }
}

interface Order {
  id?: string
  total?: number
}

/** What a refused call is rejected with. */
interface EnqueueError extends Error {
  code: string
  invocationId?: string
  state?: string
}

/** Answers as soon as the invoice is sure to be made, though not yet made; the same order again makes no second one. */
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { id, total = 0 } = (await request.json()) as Order
    if (id === undefined) return Response.json({ error: 'an order needs an id' }, { status: 400 })
    try {
      const { invocationId } = await env.INVOICES.enqueue({ id, total }, { id: `order-${id}` })
      return Response.json({ invocationId }, { status: 202 })
    } catch (error) {
      const { code, invocationId, state } = error as EnqueueError
      if (code !== 'duplicate_invocation') throw error
      return Response.json({ invocationId, state }, { status: 409 })
    }
  },
}
