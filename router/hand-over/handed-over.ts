import type { FailedOutcome, Invocation, Outcome } from '../../runtime/index.ts'
import { type Frame, frameKind } from './peer-frames.ts'
import type { PeerLink } from './peer-link.ts'
import { addUsage, type FailNote, type SettledNote, type StartEvent, type UsageNote } from './peer-notes.ts'
import { ReceivedBody } from './received-body.ts'
import { SentBody } from './sent-body.ts'

/** Whoever handed it over. */
export interface Origin {
  readonly nowMs: () => number
  /** The invocation ended, but for a body that may be under way. */
  onSettled(invocation: Invocation, outcome: Outcome): void
  /** It did not begin: nobody is there, or has no share. */
  onMoved(invocation: Invocation): void
  /** No frame is about it any more. */
  onOver(): void
}

/** An invocation that another worker runs, seen from where it arrived. */
export class HandedOver {
  readonly invocation: Invocation
  readonly #link: PeerLink
  readonly #stream: number
  readonly #origin: Origin
  /** The request's, if it streams. */
  #sent: SentBody | null = null
  /** The response's, if it streams. */
  #received: ReceivedBody | null = null
  #parts: Buffer[] = []
  #isCanceled = false
  #state: 'running' | 'streaming' | 'over' = 'running'

  constructor(link: PeerLink, stream: number, invocation: Invocation, origin: Origin) {
    this.#link = link
    this.#stream = stream
    this.invocation = invocation
    this.#origin = origin
  }

  start(): void {
    const { id, target, arrivedAtMs, deadlineMs } = this.invocation
    const nowMs = this.#origin.nowMs()
    const event = this.#sendEvent()
    this.#link.sendNote(this.#stream, frameKind.start, {
      id,
      functionName: target.functionName,
      label: target.label,
      alias: target.alias,
      versionId: target.manifest.versionId,
      ageMs: nowMs - arrivedAtMs,
      leftMs: deadlineMs - nowMs,
      attempt: this.invocation.attempt,
      event,
    })
  }

  /** The caller went away. It settles when the other worker says so. */
  cancel(): void {
    if (this.#state !== 'running') return
    this.#isCanceled = true
    this.#link.send(this.#stream, frameKind.cancel)
  }

  onFrame({ kind, content }: Frame): void {
    switch (kind) {
      case frameKind.credit:
        this.#sent?.addCredit(content.readUInt32LE(0))
        break
      case frameKind.bodyStop:
        this.#sent?.cancel()
        break
      case frameKind.part:
        this.#parts.push(content)
        break
      case frameKind.body:
        this.#received?.add(content)
        break
      case frameKind.settled:
        this.#settle(noteOf<SettledNote>(content))
        break
      case frameKind.bodyEnd:
        this.#endBody(noteOf<UsageNote>(content), null)
        break
      case frameKind.bodyFail: {
        const { failure, usage } = noteOf<FailNote>(content)
        this.#endBody(usage, failure)
        break
      }
      case frameKind.moved:
        this.#end()
        if (this.#isCanceled) this.#origin.onSettled(this.invocation, canceled)
        else this.#origin.onMoved(this.invocation)
        break
    }
  }

  /** The other worker is gone; `wasThere`: it may have begun. */
  onClosed(wasThere: boolean): void {
    const state = this.#state
    this.#end()
    if (state === 'streaming') this.#received?.fail(interrupted)
    else if (this.#isCanceled) this.#origin.onSettled(this.invocation, canceled)
    else if (wasThere) this.#origin.onSettled(this.invocation, interrupted)
    else this.#origin.onMoved(this.invocation)
  }

  #sendEvent(): StartEvent {
    const { event } = this.invocation
    if (event.kind === 'direct') {
      this.#link.sendWhole(this.#stream, frameKind.part, Buffer.from(event.json))
      return { kind: 'direct' }
    }
    if (event.kind === 'scheduled') {
      this.#link.sendWhole(this.#stream, frameKind.part, Buffer.from(event.json))
      return { kind: 'scheduled', cron: event.cron, scheduledAtMs: event.scheduledAtMs }
    }
    const { method, url, headers, clientAddress, body } = event
    const head = { kind: 'http', method, url, headers, clientAddress } as const
    if (body === null) return { ...head, body: 'none' }
    if (body instanceof Uint8Array) {
      this.#link.sendWhole(this.#stream, frameKind.part, body)
      return { ...head, body: 'whole' }
    }
    this.#sent = new SentBody(this.#link, this.#stream, body, (failure) => {
      if (failure === null) this.#link.send(this.#stream, frameKind.bodyEnd)
      else this.#link.sendNote(this.#stream, frameKind.bodyFail, { failure, usage: null })
    })
    return { ...head, body: 'stream' }
  }

  #settle({ usage, outcome }: SettledNote): void {
    if (this.#state !== 'running') return
    addUsage(this.invocation.usage, usage)
    const parts = Buffer.concat(this.#parts)
    this.#parts = []
    // Its refusal and word that the caller left have crossed: nobody is to try elsewhere.
    const isMoot = this.#isCanceled && outcome.kind === 'throttled'
    const settled = isMoot ? canceled : this.#outcomeOf(outcome, parts)
    if (this.#received === null) this.#end()
    else this.#state = 'streaming'
    this.#origin.onSettled(this.invocation, settled)
  }

  #outcomeOf(outcome: SettledNote['outcome'], parts: Buffer): Outcome {
    if (outcome.kind !== 'ok') return outcome
    if (outcome.response === null) return { kind: 'ok', response: null, result: parts.toString() }
    const { status, headers, body } = outcome.response
    if (body === 'stream') {
      this.#received = new ReceivedBody(this.#link, this.#stream, () => {
        this.#link.send(this.#stream, frameKind.bodyStop)
        this.#end()
      })
      return { kind: 'ok', response: { status, headers, body: this.#received }, result: null }
    }
    return { kind: 'ok', response: { status, headers, body: body === 'whole' ? parts : null }, result: null }
  }

  #endBody(usage: UsageNote | null, failure: FailedOutcome | null): void {
    if (this.#state !== 'streaming') return
    if (usage !== null) addUsage(this.invocation.usage, usage)
    this.#end()
    if (failure === null) this.#received?.end()
    else this.#received?.fail(failure)
  }

  #end(): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#sent?.letGo()
    this.#parts = []
    this.#origin.onOver()
  }
}

function noteOf<T>(content: Buffer): T {
  return JSON.parse(content.toString()) as T
}

const interrupted: FailedOutcome = {
  kind: 'interrupted',
  message: 'The worker that ran the invocation ended',
}

const canceled: FailedOutcome = { kind: 'canceled', message: 'The client went away' }
