import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { Invoker, Target } from '../../runtime/index.ts'
import { type PeerAddress, peerSocket } from './peer-address.ts'
import { type Frame, frameKind } from './peer-frames.ts'
import { PeerLink } from './peer-link.ts'
import type { StartNote } from './peer-notes.ts'
import { TakenOver } from './taken-over.ts'

export interface PeerServerOptions extends PeerAddress {
  readonly nowMs: () => number
  /** The version that is to run, as this worker knows it; null if it knows none of that name. */
  readonly targetOf: (note: StartNote) => Target | null
  /** Runs them here; see `HandOver.offer` for what becomes of those that have no share here. */
  readonly invoker: Invoker
}

/** Takes what other workers hand over. Who connects is one of them: nobody else may enter the folder. */
export class PeerServer {
  readonly #options: PeerServerOptions
  readonly #server: Server
  readonly #links = new Set<PeerLink>()
  #taken = 0

  constructor(options: PeerServerOptions) {
    this.#options = options
    this.#server = createServer((socket) => this.#accept(socket))
  }

  /** Whether anything runs here for others. */
  get isBusy(): boolean {
    return this.#taken > 0
  }

  /** @throws Error of the socket */
  async listen(): Promise<void> {
    const { folder, worker } = this.#options
    this.#server.listen(peerSocket(folder, worker))
    await once(this.#server, 'listening')
    this.#server.unref()
  }

  /** Ends what still runs for others. */
  close(): void {
    this.#server.close()
    for (const link of this.#links) link.close()
  }

  #accept(socket: Socket): void {
    const taken = new Map<number, TakenOver>()
    const parts = new Map<number, Buffer[]>()
    const link = new PeerLink(socket, {
      onFrame: (frame) => this.#take(link, taken, parts, frame),
      onClosed: () => {
        this.#links.delete(link)
        for (const invocation of [...taken.values()]) invocation.onClosed()
      },
    })
    link.unref()
    this.#links.add(link)
  }

  #take(link: PeerLink, taken: Map<number, TakenOver>, parts: Map<number, Buffer[]>, frame: Frame): void {
    const { stream, kind, content } = frame
    if (kind === frameKind.part) {
      const all = parts.get(stream)
      if (all === undefined) parts.set(stream, [content])
      else all.push(content)
    } else if (kind === frameKind.start) {
      const before = parts.get(stream) ?? []
      parts.delete(stream)
      this.#start(link, taken, stream, JSON.parse(content.toString()) as StartNote, before)
    } else taken.get(stream)?.onFrame(frame)
  }

  #start(
    link: PeerLink,
    taken: Map<number, TakenOver>,
    stream: number,
    note: StartNote,
    parts: readonly Buffer[],
  ): void {
    const { targetOf, nowMs, invoker } = this.#options
    const target = targetOf(note)
    if (target === null) {
      link.send(stream, frameKind.moved)
      return
    }
    const start = { note, parts, target, nowMs: nowMs() }
    const invocation: TakenOver = new TakenOver(link, stream, start, {
      cancel: (one) => invoker.cancel(one),
      onOver: () => {
        if (taken.delete(stream)) this.#taken--
      },
    })
    taken.set(stream, invocation)
    this.#taken++
    invoker.invoke(invocation)
  }
}
