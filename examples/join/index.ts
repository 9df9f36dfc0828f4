interface Env {
  USER_URL: string
  ORDERS_URL: string
}

async function readJson(url: string): Promise<unknown> {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return response.json()
}

export default {
  async fetch(_request: Request, env: Env): Promise<Response> {
    try {
      const [user, orders] = await Promise.all([readJson(env.USER_URL), readJson(env.ORDERS_URL)])
      return Response.json({ user, orders })
    } catch (error) {
      console.error('an upstream failed', error)
      return Response.json({ error: 'an upstream failed' }, { status: 502 })
    }
  },
}
