import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { peerSocket } from './peer-address.ts'

/** What `sun_path` of a Unix socket takes on Linux, less its end; macOS takes four less. */
const maxPathBytes = 103
const longestName = 1_000_000_000

/** The folder in which workers of one server have their sockets. To be made by the supervisor. */
export class PeerFolder {
  readonly path: string

  /**
   * `<data>/run`, emptied: what is in it belonged to workers of another supervisor. Where the data directory's path is too
   * long for the address of a socket, a folder of its own among the temporary files.
   */
  constructor(dataDir: string) {
    const usual = join(dataDir, 'run')
    const isShort = Buffer.byteLength(peerSocket(usual, longestName)) <= maxPathBytes
    if (isShort) {
      rmSync(usual, { recursive: true, force: true })
      mkdirSync(usual, { mode: 0o700 })
      this.path = usual
    } else {
      this.path = mkdtempSync(join(tmpdir(), 'isolette-'))
    }
    // The mask of the process may have taken less away than it should, or more.
    chmodSync(this.path, 0o700)
  }

  /** Removes the socket of a worker that ended. */
  removeSocket(worker: number): void {
    rmSync(peerSocket(this.path, worker), { force: true })
  }

  close(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
