/** Cannot be deployed: this package is a client for Node.js' sockets. */
import { request } from 'undici'

export default {
  async fetch(): Promise<Response> {
    const { statusCode } = await request('http://example.com/')
    return Response.json(statusCode)
  },
}
