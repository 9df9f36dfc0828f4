import { once } from 'node:events'
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { IsoletteError } from '../model/errors.ts'
import { Changes } from './changes.ts'
import type { AdminCommand, AdminContext, AdminParts, Answer } from './command.ts'
import { findCommand } from './command-lookup.ts'
import { healthCommands } from './commands/health.ts'
import { adminCommands } from './commands.ts'
import { Deployer } from './deployer.ts'
import { LineStream } from './line-stream.ts'
import { parseBody, readBody } from './request-body.ts'
import { checkSchema } from './schema-check.ts'
import { listenOnSocket } from './socket-file.ts'

/** Records that wait for a slow reader of the logs: the thousand that are kept, and as many live ones. */
const maxPendingLines = 2000

/** A health check has no reason to take longer; the admin socket keeps Node's own, longer bounds. */
const healthTimeouts = { headersTimeout: 10_000, requestTimeout: 10_000 }

export interface AdminServer {
  /** Serves all commands on a Unix socket with mode 0600. @throws IsoletteError `cannot_listen` */
  listen(socketPath: string): Promise<void>
  /** Serves health and metrics, nothing else, over TCP. Resolves with the port. @throws IsoletteError `cannot_listen` */
  listenHealth(host: string, port: number): Promise<number>
  /** Takes no new command, ends the streams and who waits for something, and resolves when the running commands have
   * answered, or after `graceMs` (5 000) without those that have not. */
  close(options?: { readonly graceMs: number }): Promise<void>
}

/** Steers a running isolette: HTTP and JSON, one table of commands. */
export function createAdminServer(parts: AdminParts): AdminServer {
  const { builder, artifacts, registry } = parts
  const changes = new Changes(parts.fleet)
  const deployer = new Deployer({ builder, artifacts, registry, changes })
  const context: AdminContext = { ...parts, changes, deployer }
  const running = new Set<Promise<void>>()
  const streams = new Set<LineStream>()
  const servers = new Set<Server>()
  /** One of each command that runs. */
  const leavings = new Set<AbortController>()

  const serve = (commands: readonly AdminCommand[], options: ServerOptions): Server => {
    const server = createServer(options, async (request, response) => {
      const body = await readBody(request).catch((error: unknown) => error)
      // The client broke off in the middle of its body: there is nobody to answer.
      if (!request.complete) return
      const leaving = new AbortController()
      leavings.add(leaving)
      response.once('close', () => leaving.abort())
      const exchange = respond(request, response, () => run(request, body, commands, leaving.signal))
      running.add(exchange)
      await exchange
      running.delete(exchange)
      leavings.delete(leaving)
    })
    servers.add(server)
    return server
  }

  const run = async (
    request: IncomingMessage,
    bytes: unknown,
    commands: readonly AdminCommand[],
    signal: AbortSignal,
  ): Promise<Answer> => {
    const [pathname = '', ...search] = (request.url ?? '').split('?')
    const { command, params } = findCommand(commands, request.method, pathname)
    if (!Buffer.isBuffer(bytes)) throw bytes
    const query = checkSchema(
      command.query,
      Object.fromEntries(new URLSearchParams(search.join('?'))),
      'query',
    )
    const body = checkSchema(command.body, parseBody(bytes), 'body')
    return await command.run(context, { params, query, body, signal })
  }

  /** Resolves when the answer is written, or its stream is open. Never throws. */
  const respond = async (
    request: IncomingMessage,
    response: ServerResponse,
    answering: () => Promise<Answer>,
  ): Promise<void> => {
    try {
      const answer = await answering()
      if (answer.kind === 'lines') openStream(response, answer)
      else await writeAnswer(response, answer)
    } catch (thrown) {
      const error = asIsoletteError(thrown)
      if (error.code === 'internal_error')
        parts.log.error({ err: thrown, url: request.url }, 'command failed')
      if (response.headersSent) response.destroy()
      else await writeAnswer(response, errorAnswer(error, response))
    }
  }

  const openStream = (response: ServerResponse, answer: Extract<Answer, { kind: 'lines' }>): void => {
    // Of a client that has left already no `close` would tell.
    if (response.destroyed) return
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    response.flushHeaders()
    const stream = new LineStream(response, { maxPending: maxPendingLines })
    const stop = answer.open(stream)
    streams.add(stream)
    response.once('close', () => {
      streams.delete(stream)
      stop()
    })
  }

  return {
    listen: (socketPath) => listenOnSocket(serve(adminCommands, {}), socketPath),

    async listenHealth(host, port) {
      const server = serve(healthCommands, healthTimeouts)
      server.listen(port, host)
      try {
        await once(server, 'listening')
      } catch (cause) {
        throw new IsoletteError(
          'cannot_listen',
          `Cannot listen on ${host}:${port} for health checks: ${(cause as Error).message}`,
          { cause },
        )
      }
      return (server.address() as AddressInfo).port
    },

    async close({ graceMs } = { graceMs: 5000 }) {
      const listening = [...servers].filter((server) => server.listening)
      const closed = listening.map((server) => once(server, 'close'))
      for (const server of listening) server.close()
      for (const stream of streams) stream.end()
      for (const leaving of leavings) leaving.abort()
      const grace = new AbortController()
      await Promise.race([
        Promise.all(running),
        delay(graceMs, null, { signal: grace.signal }).catch(() => {}),
      ])
      grace.abort()
      running.clear()
      // What is left are streams that nobody reads, and clients that never finish their request.
      for (const server of listening) server.closeAllConnections()
      await Promise.all(closed)
    },
  }
}

/** Resolves when the answer has left, or its reader has. */
function writeAnswer(response: ServerResponse, answer: Exclude<Answer, { kind: 'lines' }>): Promise<void> {
  const [status, headers, text] =
    answer.kind === 'json'
      ? [
          answer.status,
          { 'content-type': 'application/json', ...answer.headers },
          `${JSON.stringify(answer.body)}\n`,
        ]
      : [200, { 'content-type': answer.contentType }, answer.text]
  return new Promise((resolve) => {
    if (response.destroyed) return resolve()
    response.once('close', resolve)
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) })
    response.end(text)
  })
}

function errorAnswer(error: IsoletteError, response: ServerResponse): Exclude<Answer, { kind: 'lines' }> {
  if (Array.isArray(error.details.allow)) response.setHeader('allow', error.details.allow.join(', '))
  return { kind: 'json', status: error.status, headers: {}, body: error }
}

function asIsoletteError(thrown: unknown): IsoletteError {
  if (thrown instanceof IsoletteError) return thrown
  return new IsoletteError(
    'internal_error',
    'Cannot carry out the command: a fault of the server, see its log',
    {
      cause: thrown,
    },
  )
}
