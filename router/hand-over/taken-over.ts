import {
  type ByteSource,
  type FailedOutcome,
  type Invocation,
  type InvocationUsage,
  noUsage,
  type Outcome,
  type Target,
} from '../../runtime/index.ts'
import { type Frame, frameKind } from './peer-frames.ts'
import type { PeerLink } from './peer-link.ts'
import { type FailNote, type SettledNote, type StartNote, takeUsage } from './peer-notes.ts'
import { ReceivedBody } from './received-body.ts'
import { SentBody } from './sent-body.ts'

type OkNote = Extract<SettledNote['outcome'], { kind: 'ok' }>

/** Who runs it here. */
export interface Holder {
  /** The origin went away, or the caller there. */
  cancel(invocation: Invocation): void
  /** No frame is about it any more. */
  onOver(): void
}

/** An invocation that arrived at another worker and runs here. Its record is written there. */
export class TakenOver implements Invocation {
  readonly id: string
  readonly target: Target
  readonly event: Invocation['event']
  readonly attempt: Invocation['attempt']
  readonly arrivedAtMs: number
  readonly deadlineMs: number
  readonly usage: InvocationUsage = noUsage()
  readonly #link: PeerLink
  readonly #stream: number
  readonly #holder: Holder
  /** The request's, if it streams. */
  readonly #received: ReceivedBody | null
  /** The response's, if it streams. */
  #sent: SentBody | null = null
  #state: 'running' | 'streaming' | 'over' = 'running'

  constructor(
    link: PeerLink,
    stream: number,
    start: {
      readonly note: StartNote
      readonly parts: readonly Buffer[]
      readonly target: Target
      readonly nowMs: number
    },
    holder: Holder,
  ) {
    const { note, parts, target, nowMs } = start
    this.#link = link
    this.#stream = stream
    this.#holder = holder
    this.id = note.id
    this.target = target
    this.attempt = note.attempt
    this.arrivedAtMs = nowMs - note.ageMs
    this.deadlineMs = nowMs + note.leftMs
    this.#received = streams(note.event)
      ? new ReceivedBody(link, stream, () => link.send(stream, frameKind.bodyStop))
      : null
    this.event = eventOf(note.event, Buffer.concat(parts), this.#received)
  }

  onSettled(outcome: Outcome): void {
    if (outcome.kind !== 'ok') {
      this.#settle(outcome)
      return
    }
    if (outcome.response === null) {
      this.#link.sendWhole(this.#stream, frameKind.part, Buffer.from(outcome.result))
      this.#settle({ kind: 'ok', response: null })
      return
    }
    const { status, headers, body } = outcome.response
    const note = (kind: 'none' | 'whole' | 'stream'): OkNote => ({
      kind: 'ok',
      response: { status, headers, body: kind },
    })
    if (body === null) this.#settle(note('none'))
    else if (typeof body === 'string' || body instanceof Uint8Array) {
      this.#link.sendWhole(this.#stream, frameKind.part, Buffer.from(body))
      this.#settle(note('whole'))
    } else this.#startStream(note('stream'), body)
  }

  /** There is no share of the function here. */
  move(): void {
    if (this.#state !== 'running') return
    this.#link.send(this.#stream, frameKind.moved)
    this.#end()
  }

  onFrame({ kind, content }: Frame): void {
    switch (kind) {
      case frameKind.body:
        this.#received?.add(content)
        break
      case frameKind.bodyEnd:
        this.#received?.end()
        break
      case frameKind.bodyFail:
        this.#received?.fail((JSON.parse(content.toString()) as FailNote).failure)
        break
      case frameKind.credit:
        this.#sent?.addCredit(content.readUInt32LE(0))
        break
      case frameKind.cancel:
        if (this.#state === 'running') this.#holder.cancel(this)
        break
      case frameKind.bodyStop:
        this.#sent?.cancel()
        this.#end()
        break
    }
  }

  /** The origin is gone. */
  onClosed(): void {
    const state = this.#state
    this.#sent?.cancel()
    this.#end()
    if (state === 'running') this.#holder.cancel(this)
  }

  #startStream(note: OkNote, source: ByteSource): void {
    if (this.#state !== 'running') {
      source.cancel()
      return
    }
    this.#state = 'streaming'
    this.#sent = new SentBody(this.#link, this.#stream, source, (failure) => {
      const usage = takeUsage(this.usage)
      if (failure === null) this.#link.sendNote(this.#stream, frameKind.bodyEnd, usage)
      else this.#link.sendNote(this.#stream, frameKind.bodyFail, { failure, usage })
      this.#end()
    })
    this.#link.sendNote(this.#stream, frameKind.settled, { usage: takeUsage(this.usage), outcome: note })
  }

  #settle(outcome: SettledNote['outcome']): void {
    if (this.#state === 'running')
      this.#link.sendNote(this.#stream, frameKind.settled, { usage: takeUsage(this.usage), outcome })
    this.#end()
  }

  /** What it does from now on stands in a record of its own, and is counted here. */
  #end(): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.usage.recordedCpuMs = this.usage.cpuMs
    this.#received?.fail(answered)
    this.#holder.onOver()
  }
}

function streams(event: StartNote['event']): boolean {
  return event.kind === 'http' && event.body === 'stream'
}

function eventOf(
  event: StartNote['event'],
  parts: Buffer,
  received: ReceivedBody | null,
): Invocation['event'] {
  if (event.kind === 'direct') return { kind: 'direct', json: parts.toString() }
  if (event.kind === 'scheduled') return { ...event, json: parts.toString() }
  const { method, url, headers, clientAddress } = event
  const body = received ?? (event.body === 'whole' ? new Uint8Array(parts) : null)
  return { kind: 'http', method, url, headers, clientAddress, body }
}

const answered: FailedOutcome = {
  kind: 'canceled',
  message: 'The response was complete before the body',
}
