import { command, json } from '../command.ts'
import type { ServerInfo } from '../protocol.ts'

export const infoCommands = [
  command({
    method: 'GET',
    path: '/v1/info',
    description: 'Version, process and address of the server.',
    run({ version, clock, startedAtMs, registry, address }) {
      const listening = address()
      const info: ServerInfo = {
        version,
        node: process.version,
        pid: process.pid,
        uptimeMs: clock() - startedAtMs,
        revision: registry.revision,
        host: listening?.host ?? null,
        port: listening?.port ?? null,
      }
      return json(info)
    },
  }),
]
