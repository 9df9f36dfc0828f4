import * as z from 'zod'
import { checkName } from '../../model/name.ts'
import type { InvocationRecord } from '../../observe/record.ts'
import { command } from '../command.ts'
import { flag } from '../query.ts'

export const logCommands = [
  command({
    method: 'GET',
    path: '/v1/logs',
    description:
      'Invocation records as JSON lines, oldest first; with `follow=true` every one from now on too, and `{"dropped":n}` in place of those that the reader was too slow for.',
    query: z.strictObject({ function: z.string().optional(), follow: flag }),
    run({ fleet }, { query }) {
      const only = query.function === undefined ? null : checkName('function', query.function)
      const isWanted = (record: InvocationRecord) => only === null || record.function === only
      return {
        kind: 'lines',
        open(stream) {
          for (const record of fleet.recentRecords()) if (isWanted(record)) stream.push(record)
          if (!query.follow) {
            stream.end()
            return () => {}
          }
          return fleet.follow((record) => {
            if (isWanted(record)) stream.push(record)
          })
        },
      }
    },
  }),
]
