import { PeerInvoker } from '../../../router/hand-over/peer-invoker.ts'
import { PeerServer } from '../../../router/hand-over/peer-server.ts'
import { TakenOver } from '../../../router/hand-over/taken-over.ts'
import type { Invocation, Target } from '../../../runtime/model/invocation.ts'
import { noUsage } from '../../../runtime/model/invocation.ts'
import type { Outcome } from '../../../runtime/model/outcome.ts'
import { FakeInvoker } from '../fake-invoker.ts'
import { FakeRegistryView } from '../fake-registry-view.ts'
import { temporaryDirectory } from '../temporary-directory.ts'

interface Test {
  after(done: () => void): void
}

/** One worker that hands over, and two that take: all in this process, with sockets between them. */
export class TwoWorkers {
  readonly holder = new FakeInvoker()
  readonly second = new FakeInvoker()
  readonly moved: Invocation[] = []
  readonly view = new FakeRegistryView()
  readonly target: Target
  readonly origin: PeerInvoker
  /** Of the worker `1`. */
  readonly server: PeerServer
  readonly #servers: PeerServer[]
  #wake = () => {}

  private constructor(folder: string) {
    this.view.add('hello', {})
    this.target = {
      functionName: 'hello',
      label: 3,
      alias: 'live',
      manifest: this.view.getManifest('hello-3'),
      settings: this.view.getFunction('hello')!.settings,
    }
    this.#servers = [this.holder, this.second].map(
      (invoker, index) =>
        new PeerServer({
          folder,
          worker: index + 1,
          nowMs: () => performance.now(),
          targetOf: ({ functionName }) => (functionName === 'hello' ? this.target : null),
          invoker,
        }),
    )
    this.server = this.#servers[0]!
    this.origin = new PeerInvoker({
      folder,
      worker: 9,
      nowMs: () => performance.now(),
      onMoved: (invocation) => {
        this.moved.push(invocation)
        this.#wake()
      },
    })
  }

  static async start(t: Test): Promise<TwoWorkers> {
    const workers = new TwoWorkers(temporaryDirectory(t))
    await Promise.all(workers.#servers.map((server) => server.listen()))
    t.after(() => {
      workers.origin.close()
      for (const server of workers.#servers) server.close()
    })
    return workers
  }

  /** Hands an invocation over; what it settles with. */
  handOver(
    event: Partial<Invocation['event']> = {},
    holders: readonly number[] = [1],
  ): { readonly invocation: Invocation; readonly settled: Promise<Outcome> } {
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    const http = { kind: 'http', method: 'GET', url: 'http://a/b', headers: '', body: null }
    const nowMs = performance.now()
    const invocation: Invocation = {
      id: 'one',
      target: this.target,
      event: { ...http, clientAddress: '::1', ...event } as Invocation['event'],
      arrivedAtMs: nowMs - 1000,
      deadlineMs: nowMs + 5000,
      attempt: null,
      usage: noUsage(),
      onSettled: resolve,
    }
    this.origin.invoke(invocation, holders)
    return { invocation, settled: promise }
  }

  /** Resolves with the next invocation that came back. */
  async nextMoved(): Promise<Invocation> {
    while (this.moved.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.moved.shift()!
  }
}

/** An invoker that has no share of anything. */
export function sendBack(invocation: Invocation): null {
  if (invocation instanceof TakenOver) invocation.move()
  return null
}
