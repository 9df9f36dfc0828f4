import { initTRPC, TRPCError } from '@trpc/server'
import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import * as z from 'zod'

const t = initTRPC.context<{ user: string | null }>().create()

const withUser = t.procedure.use(({ ctx, next }) => {
  if (ctx.user === null) throw new TRPCError({ code: 'UNAUTHORIZED', message: 'who are you?' })
  return next({ ctx: { user: ctx.user } })
})

export const router = t.router({
  greet: t.procedure.input(z.object({ name: z.string().min(2) })).query(({ input }) => `hello ${input.name}`),
  add: withUser
    .input(z.object({ a: z.number(), b: z.number() }))
    .mutation(({ input, ctx }) => ({ by: ctx.user, sum: input.a + input.b })),
  count: t.procedure.input(z.number().int()).subscription(async function* ({ input }) {
    for (let index = 0; index < input; index++) yield index
  }),
})

export type Router = typeof router

export default {
  fetch: (request: Request) =>
    fetchRequestHandler({
      endpoint: '/trpc',
      req: request,
      router,
      createContext: ({ req }) => ({ user: req.headers.get('x-user') }),
    }),
}
