import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fstatSync, readdirSync } from 'node:fs'

/** What the kernel may hold of what one client sent. Linux doubles it for its own use, and has a bound of its own. */
const receiveBufferBytes = 256 * 1024

/**
 * Runs `listen` and gives the socket that it makes, and those that will be accepted on it, a receive buffer of a fixed
 * size.
 *
 * uWebSockets.js 20 reads a socket on and on for as long as the kernel has 512 KiB at once, also when it was paused
 * meanwhile. The kernel lets its buffer grow to many MiB for a client that sends fast: such a client could fill a worker's
 * memory, and keep it from everything else until it is killed. With less than 512 KiB in the kernel neither happens, and
 * `pause` pauses.
 *
 * Neither Node.js nor uWebSockets.js can set this of a TCP socket. But a child process may have the socket too, and the
 * handle that Node.js has for UDP does not look at what it is given; this Node.js is pinned, and a test sees to it. It takes
 * some 50 ms, in which nobody waits. The price: an upload over a long line goes no faster than that much a round trip.
 *
 * Resolves when it is done; rejects if it cannot be.
 */
export async function boundReceiveBuffers(listen: () => void): Promise<void> {
  const before = openSockets()
  listen()
  const made = [...openSockets()].filter((fd) => !before.has(fd))
  await Promise.all(made.map(boundReceiveBuffer))
}

async function boundReceiveBuffer(fd: number): Promise<void> {
  const program = `
    const { UDP } = process.binding('udp_wrap')
    const handle = new UDP()
    process.exit(handle.open(3) === 0 && handle.bufferSize(${receiveBufferBytes}, true, {}) > 0 ? 0 : 1)`
  const child = spawn(process.execPath, ['-e', program], {
    stdio: ['ignore', 'ignore', 'ignore', fd],
    env: {},
  })
  child.unref()
  const [code, signal] = await once(child, 'exit')
  if (code !== 0) throw new Error(`The process that bounds receive buffers ended with ${code ?? signal}`)
}

/** The descriptors of this process's sockets. */
function openSockets(): Set<number> {
  const sockets = new Set<number>()
  for (const name of readdirSync('/dev/fd')) {
    const fd = Number(name)
    // The folder's own descriptor is closed again.
    if (isSocket(fd)) sockets.add(fd)
  }
  return sockets
}

function isSocket(fd: number): boolean {
  try {
    return fstatSync(fd).isSocket()
  } catch {
    return false
  }
}
