import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { Agent, type IncomingHttpHeaders, type RequestOptions, request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))
const cli = join(root, 'cli', 'isolette.js')

// biome-ignore lint/suspicious/noExplicitAny: what an answer holds is what the tests assert
export type Json = any

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly bytes: Buffer
}

export interface CallOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** Over a connection of its own, which the system gives to any worker. */
  readonly isAlone?: boolean
}

export interface StartOptions {
  readonly paths?: readonly string[]
  readonly workers?: number
  readonly flags?: readonly string[]
  /** Kept when the fixture ends; default: a new one that goes with it. */
  readonly dataDir?: string
  /** Besides what every command gets. */
  readonly env?: Readonly<Record<string, string>>
}

/** The product as its users start it: `isolette serve` in a process tree of its own, on a port and a data directory of its own. */
export class ServerFixture implements AsyncDisposable {
  readonly dataDir: string
  readonly port: number
  readonly #child: ChildProcess
  readonly #ownsData: boolean
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 })
  readonly #adminAgent = new Agent({ keepAlive: false })
  #output = ''

  private constructor(child: ChildProcess, options: { dataDir: string; port: number; ownsData: boolean }) {
    this.#child = child
    this.dataDir = options.dataDir
    this.port = options.port
    this.#ownsData = options.ownsData
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#output = (this.#output + chunk).slice(-200_000)
      })
    }
  }

  /** Resolves when the server says that it is ready. @throws Error with what it printed if it ends before */
  static async start({
    paths = [],
    workers = 1,
    flags = [],
    dataDir,
    env = {},
  }: StartOptions = {}): Promise<ServerFixture> {
    const data = dataDir ?? (await mkdtemp(join(tmpdir(), 'isolette-e2e-')))
    const port = await freePort()
    const options = ['--data', data, '--port', String(port), '--workers', String(workers)]
    const child = spawn(process.execPath, [cli, 'serve', ...paths, ...options, ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: root,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    })
    const server = new ServerFixture(child, { dataDir: data, port, ownsData: dataDir === undefined })
    await server.untilPrinted('isolette is ready on')
    return server
  }

  get pid(): number {
    return this.#child.pid!
  }

  get output(): string {
    return this.#output
  }

  get adminSocket(): string {
    return join(this.dataDir, 'admin.sock')
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  async untilPrinted(text: string): Promise<void> {
    const ended = once(this.#child, 'exit').then(([code]) => {
      throw new Error(
        `The server ended with ${code} before it printed ${JSON.stringify(text)}:\n${this.#output}`,
      )
    })
    ended.catch(() => {})
    while (!this.#output.includes(text)) {
      await Promise.race([once(this.#child.stdout!, 'data'), once(this.#child.stderr!, 'data'), ended])
    }
  }

  /** One HTTP request on the public port. @throws the socket's error */
  call(
    path: string,
    { method = 'GET', headers = {}, body, isAlone = false }: CallOptions = {},
  ): Promise<Answer> {
    const agent = isAlone ? false : this.#agent
    return exchange({ port: this.port, host: '127.0.0.1', path, method, headers, agent }, body)
  }

  async text(path: string): Promise<string> {
    const { status, text } = await this.call(path)
    assert.equal(status, 200, text)
    return text
  }

  /** One call on the admin socket; the answer is JSON. */
  async admin(method: string, path: string, body?: unknown): Promise<{ status: number; body: Json }> {
    const { status, text } = await exchange(
      {
        socketPath: this.adminSocket,
        path,
        method,
        headers: { 'content-type': 'application/json' },
        agent: this.#adminAgent,
      },
      body === undefined ? undefined : JSON.stringify(body),
    )
    return { status, body: text === '' ? null : JSON.parse(text) }
  }

  /** Writes files and deploys their folder as function `name`. */
  async deploy(
    name: string,
    files: Readonly<Record<string, string>>,
    options: Record<string, unknown> = {},
  ): Promise<Json> {
    const folder = join(this.dataDir, 'sources', name)
    await rm(folder, { recursive: true, force: true })
    for (const [file, text] of Object.entries({ 'function.jsonc': '{}', ...files })) {
      await mkdir(dirname(join(folder, file)), { recursive: true })
      await writeFile(join(folder, file), text)
    }
    const { status, body } = await this.admin('POST', '/v1/deployments', { path: folder, name, ...options })
    assert.equal(status, 200, JSON.stringify(body))
    return body
  }

  /** Runs the command line against this server. */
  async cli(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const child = spawn(process.execPath, [cli, ...args], {
      cwd: root,
      env: { PATH: process.env.PATH, ISOLETTE_ADMIN: this.adminSocket },
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk) => {
      stdout += chunk
    })
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    child.stdin.end()
    const [code] = await once(child, 'close')
    return { code, stdout, stderr }
  }

  /** Ends the server as an operator does; resolves with its exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode
    const exited = once(this.#child, 'exit')
    this.#child.kill(signal)
    const [code] = await exited
    this.#agent.destroy()
    return code
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    if (this.#ownsData) await rm(this.dataDir, { recursive: true, force: true })
  }
}

function exchange(options: RequestOptions, body?: string | Uint8Array): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request(options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const bytes = Buffer.concat(chunks)
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: bytes.toString(),
          bytes,
        })
      })
    })
    call.on('error', reject)
    call.end(body)
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  assert.ok(address !== null && typeof address === 'object')
  return address.port
}
