import { once } from 'node:events'
import { createServer } from 'node:net'
import { IsoletteError } from '../runtime/index.ts'

/**
 * Makes sure that the port is free, by listening on it alone for a moment: workers share it, so the system would let
 * them share it with another server of this user too, and requests would go to either. Resolves with the port: for 0,
 * one that the system picked, since uWebSockets.js shares no port that it picked itself.
 *
 * @throws IsoletteError `cannot_listen` if the port is taken, not allowed, or the address is none of this machine
 */
export async function probePort(host: string, port: number): Promise<number> {
  const server = createServer()
  try {
    server.listen({ host, port, exclusive: true })
    await once(server, 'listening')
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    const problem = code === 'EADDRINUSE' ? 'another program listens there, must be free' : message
    throw new IsoletteError('cannot_listen', `Cannot listen on ${formatAddress(host, port)}: ${problem}`, {
      cause,
    })
  }
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : port
}

/** As it stands in a URL: `127.0.0.1:8787`, `[::1]:8787`. */
export function formatAddress(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
