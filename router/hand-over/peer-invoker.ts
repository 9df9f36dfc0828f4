import { connect } from 'node:net'
import type { Invocation, Outcome } from '../../runtime/index.ts'
import { HandedOver } from './handed-over.ts'
import { type PeerAddress, peerSocket } from './peer-address.ts'
import { PeerLink } from './peer-link.ts'

export interface PeerInvokerOptions extends PeerAddress {
  readonly nowMs: () => number
  /** None of the workers that should have a share has one; the invocation did not begin anywhere. */
  readonly onMoved: (invocation: Invocation) => void
}

/** Invocations that others run, by the other worker. */
interface Peer {
  readonly link: PeerLink
  readonly streams: Map<number, HandedOver>
  isConnected: boolean
}

/** Hands invocations over to workers that have a share of their function. */
export class PeerInvoker {
  readonly #options: PeerInvokerOptions
  readonly #peers = new Map<number, Peer>()
  readonly #byInvocation = new Map<Invocation, HandedOver>()
  #lastStream = 0
  #turn = 0

  constructor(options: PeerInvokerOptions) {
    this.#options = options
  }

  /** Whether others run anything for this worker. */
  get isBusy(): boolean {
    for (const { streams } of this.#peers.values()) if (streams.size > 0) return true
    return false
  }

  /** Has one of the workers run it, beginning with another one each time: the first that has room. */
  invoke(invocation: Invocation, holders: readonly number[]): void {
    const first = this.#turn++ % holders.length
    this.#try(invocation, [...holders.slice(first), ...holders.slice(0, first)], null)
  }

  /** The caller went away. False = no other worker runs it. */
  cancel(invocation: Invocation): boolean {
    const handedOver = this.#byInvocation.get(invocation)
    handedOver?.cancel()
    return handedOver !== undefined
  }

  close(): void {
    for (const { link } of this.#peers.values()) link.close()
  }

  /** `refusal`: what one that was tried said. */
  #try(invocation: Invocation, holders: readonly number[], refusal: Outcome | null): void {
    const [holder, ...others] = holders
    if (holder === undefined) {
      if (refusal !== null) invocation.onSettled(refusal)
      else this.#options.onMoved(invocation)
      return
    }
    const peer = this.#peers.get(holder) ?? this.#connect(holder)
    const stream = ++this.#lastStream
    const handedOver = new HandedOver(peer.link, stream, invocation, {
      nowMs: this.#options.nowMs,
      onSettled: (_, outcome) => {
        this.#byInvocation.delete(invocation)
        if (outcome.kind === 'throttled') this.#try(invocation, others, outcome)
        else invocation.onSettled(outcome)
      },
      onMoved: () => {
        this.#byInvocation.delete(invocation)
        this.#try(invocation, others, refusal)
      },
      onOver: () => peer.streams.delete(stream),
    })
    peer.streams.set(stream, handedOver)
    this.#byInvocation.set(invocation, handedOver)
    handedOver.start()
  }

  #connect(holder: number): Peer {
    const { folder } = this.#options
    const socket = connect(peerSocket(folder, holder))
    const streams = new Map<number, HandedOver>()
    const link = new PeerLink(socket, {
      onFrame: (frame) => streams.get(frame.stream)?.onFrame(frame),
      onClosed: () => {
        if (this.#peers.get(holder) === peer) this.#peers.delete(holder)
        for (const handedOver of [...streams.values()]) handedOver.onClosed(peer.isConnected)
      },
    })
    const peer: Peer = { link, streams, isConnected: false }
    socket.on('connect', () => {
      peer.isConnected = true
    })
    this.#peers.set(holder, peer)
    return peer
  }
}
