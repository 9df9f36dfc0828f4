import * as z from 'zod'
import { command, json } from '../command.ts'
import type { RouteList } from '../protocol.ts'
import { limitUpTo } from '../query.ts'

export const routeCommands = [
  command({
    method: 'GET',
    path: '/v1/routes',
    description: 'Which requests lead to which function.',
    query: z.strictObject({ limit: limitUpTo(100_000, 1000) }),
    run({ registry }, { query }) {
      const routes = registry.listRoutes({ limit: query.limit + 1 })
      const list: RouteList = { routes: routes.slice(0, query.limit), truncated: routes.length > query.limit }
      return json(list)
    },
  }),
]
