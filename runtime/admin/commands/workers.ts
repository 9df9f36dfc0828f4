import { command, json } from '../command.ts'
import type { WorkerList } from '../protocol.ts'

export const workerCommands = [
  command({
    method: 'GET',
    path: '/v1/workers',
    description: 'The worker processes with their resident instances.',
    async run({ fleet }) {
      const list: WorkerList = { workers: await fleet.members(), restarts: fleet.restarts }
      return json(list)
    },
  }),

  command({
    method: 'POST',
    path: '/v1/workers/replacement',
    description: 'Replace every worker, one at a time, without losing a request; answers when all are new.',
    async run({ fleet }) {
      await fleet.replaceAll()
      const list: WorkerList = { workers: await fleet.members(), restarts: fleet.restarts }
      return json(list)
    },
  }),
]
