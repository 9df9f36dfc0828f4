import ivm from 'isolated-vm'
import { bodyKind, entryFrame, type GuestConfig, op, progressIndex } from '../../../runtime/isolate/abi.ts'
import { readBootstrap } from '../../../runtime/isolate/bootstrap.ts'
import { CompiledBootstrap } from '../../../runtime/isolate/compiled-bootstrap.ts'
import { type GuestResult, readResults } from '../../../runtime/isolate/instance/result-frames.ts'
import { GuestCodecs } from '../../../runtime/isolate/ops/guest-codecs.ts'
import { answerOp, type OpTarget } from '../../../runtime/isolate/ops/op-calls.ts'
import { StreamIds } from '../../../runtime/isolate/ops/stream-ids.ts'
import { ByteBudget } from '../../../runtime/model/byte-budget.ts'

const bootstrap = new CompiledBootstrap(await readBootstrap(null))

export interface LogLine {
  readonly requestId: number
  readonly level: number
  readonly text: string
}

export interface OutboundFetch {
  readonly opId: number
  readonly requestId: number
  readonly head: { method: string; url: string; headers: [string, string][]; redirect: string }
  readonly body: string | null
  /** Of the sink or the stream that the body comes as; 0 = none. */
  readonly bodyId: number
}

/** What the guest asked to be enqueued. */
export interface AskedEnqueue {
  readonly opId: number
  readonly requestId: number
  readonly binding: string
  readonly event: unknown
  readonly options: unknown
}

/** That a request is an attempt to run a call. */
export interface TestAttempt {
  readonly number: number
  readonly enqueuedAtMs: number
}

export interface TestRequest {
  readonly method?: string
  readonly url?: string
  readonly headers?: Readonly<Record<string, string>> | readonly (readonly [string, string])[]
  readonly body?: string | Uint8Array
  /** Chunks in which the body comes, all at hand. */
  readonly chunks?: readonly string[]
  readonly attempt?: TestAttempt
}

/** A body that the guest writes bit by bit. */
export interface TestSink {
  readonly requestId: number
  readonly chunks: Uint8Array[]
  /** How it ended: '' = well; undefined = not yet. */
  ended: string | undefined
  /** What `pushChunk` answers. */
  room: boolean | null
}

/** What became of one request: the frames that came back for it. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly headerLines: string
  readonly body: string
  readonly bytes: Uint8Array
  readonly bodyKind: number
}

const invocationId = '0198-test'
const clientAddress = '203.0.113.9'
const remainingMs = 30_000
const utf8 = new TextDecoder()

/** The real bootstrap in a real isolate, and a host as simple as can be: time is a variable, nothing happens by itself. */
export class Guest {
  readonly isolate: ivm.Isolate
  readonly context: ivm.Context
  readonly progress = new Int32Array(new SharedArrayBuffer(4 * Object.keys(progressIndex).length))
  readonly logs: LogLine[] = []
  readonly rejections: { readonly requestId: number; readonly text: string }[] = []
  readonly fetches: OutboundFetch[] = []
  readonly enqueues: AskedEnqueue[] = []
  readonly canceled: number[] = []
  readonly wakeUps: number[] = []
  readonly results: GuestResult[] = []
  /** What `enter` threw: rejections that nobody handled, as isolated-vm tells them. */
  readonly entryErrors: unknown[] = []
  readonly calls = new Map<number, number>()
  readonly sinks = new Map<number, TestSink>()
  /** Ops that wait for a chunk, for room, or for all of a stream: the first argument is the stream. */
  readonly waiting: { readonly opId: number; readonly streamId: number }[] = []
  readonly canceledStreams: number[] = []
  nowMs = 0
  kind = ''
  #meta: number[] = []
  #text = ''
  readonly #bodies = new Map<number, Uint8Array>()
  readonly #streams = new Map<number, Uint8Array[]>()
  readonly #given = new Map<number, Uint8Array>()
  readonly #opBytes = new Map<number, Uint8Array>()
  readonly codecMemory = new ByteBudget(16 * 2 ** 20)
  readonly #codecs = new GuestCodecs(new StreamIds(), this.codecMemory)
  readonly #codecTarget: Partial<OpTarget> = {
    openCodec: (_, format, isDecompressing) => this.#codecs.open(undefined, format, isDecompressing),
    runCodec: (id, input, isLast) => this.#codecs.run(id, input, isLast),
    closeCodec: (id) => this.#codecs.close(id),
  }
  readonly #enter: ivm.Reference
  readonly #collect: ivm.Reference
  #lastRequestId = 0
  #lastStreamId = 0

  /** `code` is the body of a module: it sets `exports.default` or `exports.handler`. */
  constructor(code: string, config: Partial<GuestConfig> = {}, memoryLimitMiB = 64) {
    this.isolate = new ivm.Isolate({ memoryLimit: memoryLimitMiB })
    this.context = this.isolate.createContextSync()
    const { global } = this.context
    global.setSync('__isoletteProgress', new ivm.ExternalCopy(this.progress.buffer).copyInto())
    global.setSync(
      '__isoletteOp',
      new ivm.Callback((number: number, a: never, b: never, c: never, d: never, e: never) =>
        this.#op(number, a, b, c, d, e),
      ),
    )
    const boundary = bootstrap.evaluate(this.isolate, this.context)
    this.#enter = boundary.getSync('enter', { reference: true })
    this.#collect = boundary.getSync('collect', { reference: true })
    const configure = boundary.getSync('configure', { reference: true })
    const load = boundary.getSync('load', { reference: true })
    const full: GuestConfig = {
      functionName: 'hello',
      functionVersion: '3',
      memoryLimitMiB: 128,
      env: { GREETING: 'hi' },
      bindings: [],
      userAgent: 'isolette/0',
      allowsWasm: false,
      ...config,
    }
    configure.applySync(undefined, [JSON.stringify(full)])
    const exports = this.#run(`(() => { const exports = {}; ${code}\n; return exports })()`)
    this.kind = load.applySync(undefined, [exports.derefInto()]) as string
  }

  [Symbol.dispose](): void {
    if (!this.isolate.isDisposed) this.isolate.dispose()
  }

  /** Runs code beside the function, as a script; its value must be a primitive. */
  eval(code: string): unknown {
    return this.context.evalSync(code)
  }

  /** Puts a request into the next entry; returns its id. */
  add(request: TestRequest = {}): number {
    const requestId = ++this.#lastRequestId
    const { method = 'GET', url = 'http://example.com/', headers = {}, body, chunks } = request
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : (body ?? null)
    if (bytes !== null) this.#bodies.set(requestId, bytes)
    const bodyField = chunks !== undefined ? this.openStream(chunks) : bytes === null ? -1 : 0
    const lines = (Array.isArray(headers) ? headers : Object.entries(headers)) as [string, string][]
    const headerText = lines.map(([name, value]) => `${name}\n${value}\n`).join('')
    this.#frameOfAttempt(requestId, request.attempt)
    const texts = [method, url, headerText, clientAddress, invocationId] as const
    const [methodLength, urlLength, headersLength, ...rest] = texts.map((text) => text.length)
    this.#frame(
      [entryFrame.httpRequest, requestId, methodLength!, urlLength!, headersLength!, bodyField],
      [...rest, remainingMs],
      texts.join(''),
    )
    return requestId
  }

  /** A stream of the host with all its chunks at hand; its id. */
  openStream(chunks: readonly string[]): number {
    const streamId = ++this.#lastStreamId
    this.#streams.set(
      streamId,
      chunks.map((chunk) => new TextEncoder().encode(chunk)),
    )
    return streamId
  }

  addEvent(event: unknown, attempt?: TestAttempt): number {
    const requestId = ++this.#lastRequestId
    this.#frameOfAttempt(requestId, attempt)
    const json = typeof event === 'string' ? event : JSON.stringify(event)
    this.#frame(
      [entryFrame.directEvent, requestId],
      [json.length, invocationId.length, remainingMs],
      json + invocationId,
    )
    return requestId
  }

  /** A trigger fires; `event` is the one that it names. */
  addFiring(event: unknown, cron: string, scheduledAtMs: number, attempt?: TestAttempt): number {
    const requestId = ++this.#lastRequestId
    this.#frameOfAttempt(requestId, attempt)
    const json = JSON.stringify(event)
    this.#frame(
      [entryFrame.scheduledEvent, requestId, json.length, cron.length, scheduledAtMs],
      [invocationId.length, remainingMs],
      json + cron + invocationId,
    )
    return requestId
  }

  resolveOp(opId: number, text: string, bytes?: string | Uint8Array): void {
    if (bytes !== undefined) {
      this.#opBytes.set(opId, typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes)
    }
    this.#frame([entryFrame.opResolved, opId], [text.length], text)
  }

  /** Answers an outbound `fetch`. */
  respond(fetch: OutboundFetch, head: object, body: string | Uint8Array = ''): void {
    const full = {
      status: 200,
      statusText: 'OK',
      url: fetch.head.url,
      redirected: false,
      headers: [],
      body: 0,
      ...head,
    }
    this.resolveOp(fetch.opId, JSON.stringify(full), body)
  }

  rejectOp(opId: number, message: string): void {
    this.#frame([entryFrame.opRejected, opId], [message.length], message)
  }

  abort(requestId: number, name: string): void {
    this.#frame([entryFrame.abort, requestId], [name.length], name)
  }

  wake(): void {
    this.#frame([entryFrame.timersDue], [], '')
  }

  /** Enters with all frames that were added, and collects. Returns the results of this entry. */
  run(): GuestResult[] {
    const meta = this.#meta.join(',')
    const text = this.#text
    this.#meta = []
    this.#text = ''
    this.#enterWith(meta, text)
    while (this.progress[progressIndex.hasMoreTasks] === 1) this.#enterWith(`${entryFrame.nextTask}`, '')
    const results: GuestResult[] = []
    readResults(this.#collect.applySync(), (result) => results.push(result))
    this.results.push(...results)
    return results
  }

  /** Enters with a time limit, for guests that do not come back. */
  runFor(timeoutMs: number): void {
    this.#enter.applySync(undefined, [this.#meta.join(','), this.#text], { timeout: timeoutMs })
  }

  /** Wakes the guest as long as it asks to be woken, time flying. */
  runTimers(): void {
    for (let turn = 0; turn < 100; turn++) {
      const delayMs = this.wakeUps.at(-1)
      if (delayMs === undefined || delayMs < 0) return
      this.wakeUps.length = 0
      this.nowMs += delayMs
      this.wake()
      this.run()
    }
  }

  /** One request in an entry of its own; it must be answered by a response, if need be after timers. */
  call(request: TestRequest = {}): Answer {
    const requestId = this.add(request)
    this.run()
    while (this.#meta.length > 0) this.run()
    this.runTimers()
    return this.answerOf(requestId)
  }

  /** Like `call`, and the body's JSON. */
  callJson(request: TestRequest = {}): unknown {
    const { body } = this.call(request)
    return JSON.parse(body)
  }

  /** One direct event; its result. */
  invoke(event: unknown): unknown {
    const requestId = this.addEvent(event)
    this.run()
    this.runTimers()
    const result = this.resultOf(requestId)
    if (result?.kind !== 'result') throw new Error(`No result but ${JSON.stringify(result)}`)
    return JSON.parse(result.json)
  }

  resultOf(requestId: number): GuestResult | undefined {
    return this.results.find((result) => result.requestId === requestId && result.kind !== 'done')
  }

  errorOf(requestId: number): { name: string; message: string; stack: string } {
    const result = this.resultOf(requestId)
    if (result?.kind !== 'error') throw new Error(`No error but ${JSON.stringify(result)}`)
    return result.error
  }

  /** How often the request was said to be done. */
  doneCount(requestId: number): number {
    return this.results.filter((result) => result.requestId === requestId && result.kind === 'done').length
  }

  answerOf(requestId: number): Answer {
    const result = this.resultOf(requestId)
    if (result?.kind !== 'response') throw new Error(`No response but ${JSON.stringify(result)}`)
    const bytes = this.#bytesOf(result)
    const lines = result.headers.split('\n')
    const headers: Record<string, string> = {}
    for (let index = 0; index + 1 < lines.length; index += 2) headers[lines[index]!] = lines[index + 1]!
    const { status, bodyKind } = result
    return { status, headers, headerLines: result.headers, bodyKind, bytes, body: utf8.decode(bytes) }
  }

  #bytesOf(result: Extract<GuestResult, { kind: 'response' }>): Uint8Array {
    if (result.bodyKind === bodyKind.sink) return Buffer.concat(this.sinks.get(result.bodyId)!.chunks)
    if (result.bodyKind === bodyKind.stream) return Buffer.concat(this.#streams.get(result.bodyId)!)
    return this.#given.get(result.requestId) ?? new TextEncoder().encode(result.bodyText)
  }

  #frameOfAttempt(requestId: number, attempt: TestAttempt | undefined): void {
    if (attempt !== undefined)
      this.#frame([entryFrame.attempt, requestId], [attempt.number, attempt.enqueuedAtMs], '')
  }

  #frame(head: readonly number[], lengths: readonly number[], text: string): void {
    this.#meta.push(...head, ...lengths)
    this.#text += text
  }

  #enterWith(meta: string, text: string): void {
    try {
      this.#enter.applySync(undefined, [meta, text])
    } catch (error) {
      if (this.isolate.isDisposed) throw error
      this.entryErrors.push(error)
    }
  }

  #run(code: string): ivm.Reference {
    return this.isolate.compileScriptSync(code).runSync(this.context, { reference: true })
  }

  #op(
    number: number,
    a: number,
    b: never,
    c: string,
    d: ArrayBuffer | number | undefined,
    e: string,
  ): unknown {
    this.calls.set(number, (this.calls.get(number) ?? 0) + 1)
    switch (number) {
      case op.bodyText:
        return utf8.decode(this.#takeBody(a))
      case op.bodyBytes:
        return exactBuffer(this.#takeBody(a))
      case op.giveBytes:
        this.#given.set(a, new Uint8Array(b))
        return
      case op.log:
        this.logs.push({ requestId: a, level: b, text: c })
        return
      case op.randomBytes:
        return crypto.getRandomValues(new Uint8Array(a)).buffer
      case op.monotonicMs:
        return this.nowMs
      case op.wakeAfter:
        this.wakeUps.push(a)
        return
      case op.parseUrl:
        return parseUrl(a as unknown as string, b)
      case op.encodingName:
      case op.decodeText:
        return answerOp({} as OpTarget, number, a, b, c, d)
      case op.openCodec:
      case op.runCodec:
      case op.closeCodec:
        return answerOp(this.#codecTarget as OpTarget, number, a, b, c, d)
      case op.fetch:
        this.fetches.push({
          opId: a,
          requestId: b,
          head: JSON.parse(c),
          body: d === undefined || typeof d === 'number' ? null : utf8.decode(d),
          bodyId: typeof d === 'number' ? d : 0,
        })
        return
      case op.enqueue:
        this.enqueues.push({
          opId: a,
          requestId: b,
          binding: c,
          event: JSON.parse(String(d)),
          options: JSON.parse(e),
        })
        return
      case op.cancel:
        this.canceled.push(a)
        return
      case op.takeBytes: {
        const bytes = this.#opBytes.get(a) ?? new Uint8Array()
        return b === true ? utf8.decode(bytes) : exactBuffer(bytes)
      }
      case op.pullChunk: {
        const chunk = this.#streams.get(a)!.shift()
        return chunk === undefined ? null : exactBuffer(chunk)
      }
      case op.collectStream:
        this.resolveOp(a, '', new Uint8Array(Buffer.concat(this.#streams.get(Number(c))!)))
        return
      case op.awaitChunk:
      case op.awaitRoom:
        this.waiting.push({ opId: a, streamId: Number(c) })
        return
      case op.cancelStream:
        this.canceledStreams.push(a)
        return
      case op.openSink: {
        const sinkId = ++this.#lastStreamId
        this.sinks.set(sinkId, { requestId: a, chunks: [], ended: undefined, room: true })
        return sinkId
      }
      case op.pushChunk: {
        const sink = this.sinks.get(a)!
        if (sink.room !== null) sink.chunks.push(new Uint8Array(b))
        return sink.room
      }
      case op.endSink:
        this.sinks.get(a)!.ended = (b as string | undefined) ?? ''
        return
      case op.rejected:
        this.rejections.push({ requestId: a, text: String(d) })
        return
      case op.evaluatePart:
        return bootstrap.evaluatePart(this.isolate, this.context, a)
    }
    throw new Error(`Unknown op ${number}`)
  }

  #takeBody(requestId: number): Uint8Array {
    const body = this.#bodies.get(requestId) ?? new Uint8Array()
    this.#bodies.delete(requestId)
    return body
  }
}

function exactBuffer(bytes: Uint8Array): ArrayBuffer {
  return bytes.slice().buffer as ArrayBuffer
}

function parseUrl(url: string, base: string | undefined): string {
  const parsed = URL.parse(url, base)
  if (parsed === null) return ''
  const { href, protocol, username, password, hostname, port, pathname, search, hash } = parsed
  return JSON.stringify([href, protocol, username, password, hostname, port, pathname, search, hash])
}

/** Runs the body of an async function inside a handler; what it returns, as JSON. */
export function evaluate(body: string, request: TestRequest = {}): unknown {
  using guest = new Guest(
    `exports.default = { fetch: async (request, env, ctx) => Response.json((await (async () => { ${body} })()) ?? null) }`,
  )
  return guest.callJson(request)
}

/** What the body throws, as `name: message`. */
export function thrown(body: string): unknown {
  return evaluate(
    `try { await (async () => { ${body} })() } catch (error) { return error.name + ': ' + error.message }`,
  )
}
