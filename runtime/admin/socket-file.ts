import { once } from 'node:events'
import { chmodSync, lstatSync, unlinkSync } from 'node:fs'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import { IsoletteError } from '../model/errors.ts'

/**
 * Listens on a Unix socket that only its owner may open. A socket file that a killed server left is replaced; one on
 * which somebody answers is not, nor is anything that is not a socket.
 *
 * @throws IsoletteError `cannot_listen`
 */
export async function listenOnSocket(server: Server, socketPath: string): Promise<void> {
  await removeStale(socketPath)
  // Binding makes the file within `listen`: with the mask it is never open to others, not even until the chmod.
  const umask = process.umask(0o177)
  try {
    server.listen(socketPath)
  } finally {
    process.umask(umask)
  }
  try {
    await once(server, 'listening')
  } catch (cause) {
    throw cannotListen(socketPath, (cause as Error).message, cause)
  }
  chmodSync(socketPath, 0o600)
}

async function removeStale(socketPath: string): Promise<void> {
  const stats = lstatSync(socketPath, { throwIfNoEntry: false })
  if (stats === undefined) return
  if (!stats.isSocket()) {
    throw cannotListen(socketPath, 'it is there and not a socket, must be free or left by a server')
  }
  const code = await knock(socketPath)
  if (code === null) {
    throw cannotListen(socketPath, 'another server answers there, must be free')
  }
  // ENOENT: its server closed it meanwhile.
  if (code === 'ECONNREFUSED') unlinkSync(socketPath)
  else if (code !== 'ENOENT')
    throw cannotListen(socketPath, `${code} on connecting to the socket that is there`)
}

/** Null if somebody answers, else the error's code. */
function knock(socketPath: string): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect(socketPath)
    socket.once('connect', () => {
      socket.destroy()
      resolve(null)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  })
}

function cannotListen(socketPath: string, problem: string, cause?: unknown): IsoletteError {
  return new IsoletteError(
    'cannot_listen',
    `Cannot listen on ${socketPath}: ${problem}`,
    cause ? { cause } : {},
  )
}
