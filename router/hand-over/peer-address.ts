import { join } from 'node:path'

/** How workers of one server find each other. */
export interface PeerAddress {
  /** Of the sockets; nobody but the server's user may enter it. */
  readonly folder: string
  /** The number of this worker: no other process of the server has, had or will have it. */
  readonly worker: number
}

/** Where a worker listens for the others. */
export function peerSocket(folder: string, worker: number): string {
  return join(folder, `${worker}.sock`)
}
