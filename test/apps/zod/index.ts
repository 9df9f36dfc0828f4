import * as z from 'zod'

const order = z
  .object({
    email: z.email(),
    placedAt: z.iso.datetime().transform((text) => new Date(text)),
    lines: z
      .array(z.object({ sku: z.string().regex(/^[A-Z]{3}-\d+$/), count: z.coerce.number().int().positive() }))
      .min(1),
    note: z.string().trim().default('none'),
    payment: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('card'), last4: z.string().length(4) }),
      z.object({ kind: z.literal('invoice'), days: z.number().max(60) }),
    ]),
  })
  .refine(({ lines }) => new Set(lines.map(({ sku }) => sku)).size === lines.length, {
    message: 'each sku once',
    path: ['lines'],
  })

const known = z.string().refine(async (text) => (await Promise.resolve(text)) === 'known', 'unknown')

export default {
  async fetch(request: Request): Promise<Response> {
    if (request.method === 'GET') return Response.json(z.toJSONSchema(order, { io: 'input' }))
    const body: unknown = await request.json()
    if (typeof body === 'string') return Response.json((await known.safeParseAsync(body)).success)
    const parsed = order.safeParse(body)
    if (parsed.success) return Response.json(parsed.data)
    return Response.json(z.flattenError(parsed.error), { status: 422 })
  },
}
