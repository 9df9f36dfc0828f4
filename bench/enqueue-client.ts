/** `node enqueue-client.ts <url> <count> <body bytes>`: has so many calls accepted, as fast as they are. */
import { KeptConnection, rawRequest } from './kept-connection.ts'

const connections = 64

const [href = '', countText = '', bodyBytes = ''] = process.argv.slice(2)
const url = new URL(href)
const request = rawRequest(url, 'POST', ['prefer: respond-async'], 'x'.repeat(Number(bodyBytes)))
let left = Number(countText)

async function enqueueSome(): Promise<void> {
  const connection = new KeptConnection(url)
  while (left > 0) {
    left--
    const status = await connection.send(request)
    if (status !== 202) throw new Error(`${href} answered ${status}`)
  }
  connection.close()
}

await Promise.all(Array.from({ length: connections }, enqueueSome))
