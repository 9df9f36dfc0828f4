import { join } from 'node:path'
import { type Answer, type CallOptions, root, ServerFixture } from '../e2e/server-fixture.ts'

/** An application of this folder as it stands, deployed by a server of its own as its users would. */
export class RunningApp implements AsyncDisposable {
  readonly server: ServerFixture

  private constructor(server: ServerFixture) {
    this.server = server
  }

  static async start(...names: readonly string[]): Promise<RunningApp> {
    const paths = names.map((name) => join(root, 'test', 'apps', name))
    return new RunningApp(await ServerFixture.start({ paths }))
  }

  call(path: string, options?: CallOptions): Promise<Answer> {
    return this.server.call(path, options)
  }

  /** POSTs JSON and reads JSON. */
  async post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) {
    const { status, text } = await this.call(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
    return { status, body: JSON.parse(text) }
  }

  /** A response whose body is still coming. */
  open(path: string, init?: RequestInit): Promise<Response> {
    return fetch(`${this.server.url}${path}`, init)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.server[Symbol.asyncDispose]()
  }
}
