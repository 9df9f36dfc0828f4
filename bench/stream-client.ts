/**
 * Sends a body to a server, or takes one, or both, and prints how many seconds that took: `<url> <bytes to send>`. A
 * socket and a buffer, no more, so that it is the server that is measured.
 */
import { connect } from 'node:net'

const url = new URL(process.argv[2]!)
let leftBytes = Number(process.argv[3])
const part = Buffer.alloc(1024 * 1024, 'x')
const received = Buffer.allocUnsafe(1024 * 1024)
const lastChunk = '\r\n0\r\n\r\n'
let receivedBytes = 0
let tail = ''
let head = ''

const startMs = performance.now()
const socket = connect({
  host: url.hostname,
  port: Number(url.port),
  onread: { buffer: received, callback: take },
})
const method = leftBytes > 0 ? 'POST' : 'GET'
const length = leftBytes > 0 ? `Content-Length: ${leftBytes}\r\n` : ''
socket.write(`${method} ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\n${length}\r\n`)
socket.on('drain', send)
socket.on('error', (error) => {
  throw error
})
socket.on('close', () => {
  throw new Error(`The server closed the connection after ${receivedBytes} bytes: ${head}`)
})
send()

function send(): void {
  while (leftBytes > 0) {
    const bytes = part.subarray(0, Math.min(leftBytes, part.byteLength))
    leftBytes -= bytes.byteLength
    if (!socket.write(bytes)) return
  }
}

function take(bytes: number): boolean {
  const isFirst = receivedBytes === 0
  receivedBytes += bytes
  if (isFirst) head = received.toString('latin1', 0, Math.min(bytes, 300))
  tail = (tail + received.toString('latin1', Math.max(0, bytes - lastChunk.length), bytes)).slice(
    -lastChunk.length,
  )
  const isWhole = /content-length/i.test(head) ? head.endsWith('}') : tail === lastChunk
  if (!isWhole) return true
  const seconds = (performance.now() - startMs) / 1000
  console.log(JSON.stringify({ seconds, receivedBytes, status: head.slice(9, 12) }))
  process.exit(head.startsWith('HTTP/1.1 200') ? 0 : 1)
}
