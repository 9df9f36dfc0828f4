import { mkdtempSync, rmSync } from 'node:fs'
import { type IncomingHttpHeaders, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AdminServer } from '../../runtime/admin/server.ts'
import { createAdminServer } from '../../runtime/admin/server.ts'
import { EnqueueCounters } from '../../runtime/observe/enqueue-counters.ts'
import { MemoryCalls } from './memory-calls.ts'
import { MemoryFleet } from './memory-fleet.ts'
import { MemoryRegistry } from './memory-registry.ts'
import { MemoryArtifacts, StubBuilder } from './stub-builder.ts'

export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: a test says with what it compares the answer
  readonly body: any
}

/** The real server on a real socket in a folder of its own; everything behind it is in memory. */
export class RunningAdminServer implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'isolette-admin-'))
  readonly socketPath = join(this.folder, 'admin.sock')
  readonly registry = new MemoryRegistry()
  readonly fleet = new MemoryFleet()
  readonly calls = new MemoryCalls()
  readonly enqueues = new EnqueueCounters()
  readonly builder = new StubBuilder()
  readonly artifacts = new MemoryArtifacts()
  readonly logged: unknown[] = []
  readonly server: AdminServer

  constructor() {
    this.server = createAdminServer({
      registry: this.registry,
      fleet: this.fleet,
      calls: this.calls,
      enqueues: () => this.enqueues.toMetrics(),
      firings: () => ({ fired: 3, overlap: 1 }),
      builder: this.builder,
      artifacts: this.artifacts,
      version: '1.2.3',
      clock: () => 61_000,
      startedAtMs: 1_000,
      address: () => ({ host: '127.0.0.1', port: 8787 }),
      log: { error: (...args: unknown[]) => void this.logged.push(args) },
    })
  }

  static async start(): Promise<RunningAdminServer> {
    const running = new RunningAdminServer()
    await running.server.listen(running.socketPath)
    return running
  }

  ask(method: string, path: string, body?: unknown): Promise<Reply> {
    return this.send(method, path, body === undefined ? '' : JSON.stringify(body))
  }

  send(method: string, path: string, body: string | Uint8Array): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const call = request({ socketPath: this.socketPath, method, path, agent: false }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          const isJson = response.headers['content-type'] === 'application/json' && text !== ''
          resolve({
            status: response.statusCode!,
            headers: response.headers,
            text,
            body: isJson ? JSON.parse(text) : null,
          })
        })
      })
      call.on('error', reject)
      call.end(body)
    })
  }

  /** Deploys `code` as the function `name`. */
  async deploy(name: string, code: string): Promise<Reply> {
    this.builder.code = code
    return this.ask('POST', '/v1/deployments', { path: `/functions/${name}` })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
