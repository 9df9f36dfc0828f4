/**
 * The boundary between host and guest, known to both sides and to nobody else.
 *
 * The guest bootstrap is a script whose completion value is `{ configure, load, enter, collect, layers }`, which the host
 * alone holds:
 *
 *   configure(config)      takes a `GuestConfig` as JSON
 *   load(module, config, hasLayers)
 *                          takes the module: its exports, or if it has layers what its script made; and, if it is given,
 *                          what `configure` takes. Returns its `HandlerKind`, or '' if it exports none; `,init`,
 *                          `,shutdown` and `,scheduled` follow if it exports these, in this order, or `,!init` and so on
 *                          if what it exports is no function
 *   enter(meta, text)      one entry: a batch of frames. Microtasks run when it has returned
 *   collect()              then: what is finished, as text in the same kind of frames
 *   layers(script, step)   takes the scripts of a version that has layers; see `layerStep` and `layer-script.ts`
 *
 * A batch is one string of whole numbers joined by commas (`meta`) and one string that holds all text one after the
 * other (`text`); lengths in `meta` are in UTF-16 units. Strings are the cheapest thing to pass between isolates
 * (copied, not serialised), and lengths cannot be forged by content as delimiters can. `collect` returns
 * `meta + '\n' + text`, or '' if there is nothing.
 *
 * Every byte that comes from the guest is hostile: the host checks each number and each length.
 */

/** Frames to the guest; each begins with its number. */
export const entryFrame = {
  /**
   * `1, requestId, methodLength, urlLength, headersLength, body, clientAddressLength, invocationIdLength, remainingMs`;
   * `body` is -1 = none, 0 = whole, the host holds it (`bodyText`, `bodyBytes`), else the id of the stream it comes as.
   */
  httpRequest: 1,
  /** `2, requestId, jsonLength, invocationIdLength, remainingMs` */
  directEvent: 2,
  /** `3, opId, textLength`: an asynchronous op succeeded with text; bytes, if any, are fetched by `takeBytes`. */
  opResolved: 3,
  /** `4, opId, messageLength`: it failed; becomes a `TypeError`. */
  opRejected: 4,
  /** `5`: the time for which a wake-up was asked has come. */
  timersDue: 5,
  /**
   * `6, requestId, reasonLength`: the request was settled without the guest (deadline, client gone); its signal aborts.
   * Without a reason nobody reads the body of its response, and nothing else is the matter.
   */
  abort: 6,
  /** `7`: the next task of the turn that `timersDue` began (see `progressIndex.hasMoreTasks`). */
  nextTask: 7,
  /** `8, nameLength, messageLength, stackLength`: a rejection that nobody handled, for a guest that listens to them. */
  unhandledRejection: 8,
  /**
   * `9, requestId, hook, remainingMs`: a hook of the module is to run (see `hookNumber`); ends with a `result` or an
   * `error` for that id, and `done`, as an event does.
   */
  lifecycle: 9,
  /** `10, requestId, attempt, enqueuedAtMs`: the request whose frame follows is an attempt to run a call. */
  attempt: 10,
  /** `11, requestId, jsonLength, cronLength, scheduledAtMs, invocationIdLength, remainingMs`: a trigger fires. */
  scheduledEvent: 11,
} as const

/** What a module may export besides its handler, to be called when its instance begins and ends. */
export const hookNumber = { init: 0, shutdown: 1 } as const

export type Hook = keyof typeof hookNumber

/** Frames from the guest. */
export const resultFrame = {
  /** `1, requestId, status, headersLength, bodyKind, bodyLength`: headers are `name\nvalue\n` each. */
  response: 1,
  /** `2, requestId, nameLength, messageLength, stackLength`: the handler threw or rejected. */
  error: 2,
  /** `3, requestId, jsonLength`: a direct event's result. */
  result: 3,
  /** `4, requestId`: every `waitUntil` promise of a request that has answered is settled. Sent once for each request, answered or failed, when nothing more of it runs. */
  done: 4,
} as const

export const bodyKind = {
  none: 0,
  /** `bodyLength` units of text in the frame; the host encodes it as UTF-8. */
  text: 1,
  /** Handed over before by `op.giveBytes(requestId, ArrayBuffer)`; `bodyLength` is its length in bytes. */
  bytes: 2,
  /** `bodyLength` is the id of a sink (`op.openSink`) into which the guest writes it. */
  sink: 3,
  /** `bodyLength` is the id of a stream that the guest got and has not touched: the host hands it on by itself. */
  stream: 4,
} as const

/**
 * Host calls: `op(number, a, b, c, d, e)`. The one function of the host that the guest holds; captured by the bootstrap
 * and deleted from the global before the function's code compiles.
 */
export const op = {
  /** `(requestId) → string`: the request's body decoded as UTF-8, without a byte order mark. Releases the body. */
  bodyText: 1,
  /** `(requestId) → ArrayBuffer`: the request's body. Releases the body. */
  bodyBytes: 2,
  /** `(requestId, ArrayBuffer)`: the bytes of the response that the next `collect` announces. */
  giveBytes: 3,
  /** `(requestId or 0 if unknown, level 0–3, text, units that were cut off it)` */
  log: 4,
  /** `(byteCount ≤ 65 536) → ArrayBuffer` */
  randomBytes: 5,
  /** `() → milliseconds since the instance began, monotonic, in fractions` */
  monotonicMs: 6,
  /** `(delayMs)`: a `timersDue` frame after this long; replaces the wake-up asked before. A negative delay cancels. */
  wakeAfter: 7,
  /** `(url, base or undefined) → JSON [href, protocol, username, password, hostname, port, pathname, search, hash]`, or '' if it does not parse or is too long. */
  parseUrl: 8,
  /** `(opId, requestId or 0, json, body)`: begins `fetch`. json: `{ method, url, headers: [[n, v]…], redirect }`; `body` is
   * undefined, an ArrayBuffer, or the id of a sink or a stream. Resolves with JSON `{ status, statusText, url, redirected,
   * headers: [[n, v]…], body }`; its `body` is -1 = none, 0 = `takeBytes` gives it, else the id of a stream. */
  fetch: 9,
  /** `(opId)`: gives an asynchronous op up; it will not answer. */
  cancel: 10,
  /** `(opId, asText, isContinued) → ArrayBuffer`: the bytes that came with a resolved op; once. With `true` as text, without a byte order mark unless it is continued. */
  takeBytes: 11,
  /** `(requestId, name, message, stack)`: a promise that the request gave to `waitUntil` was rejected. */
  rejected: 12,
  /** `(streamId) → ArrayBuffer`: the next bytes at hand; null = the end, undefined = none yet, a string = it failed, and why. */
  pullChunk: 13,
  /** `(opId, requestId or 0, streamId)`: resolves with '' when `pullChunk` has something to say. */
  awaitChunk: 14,
  /**
   * `(opId, requestId or 0, streamId)`: reads to the end. Resolves with '' if `takeBytes` then gives all; with the
   * number of bytes if it gives the next piece at each call, and at last nothing. No piece ends within a character of UTF-8.
   * Rejects if the stream fails.
   */
  collectStream: 15,
  /** `(streamId)`: the guest reads no more of it. */
  cancelStream: 16,
  /** `(requestId) → sinkId`: somewhere to write a body of that request's to. */
  openSink: 17,
  /** `(sinkId, ArrayBuffer) → boolean`: whether there is room for more, else `awaitRoom`; null = nobody reads it any more. */
  pushChunk: 18,
  /** `(opId, requestId or 0, sinkId)`: resolves with '' when there is room; rejects when nobody reads it any more. */
  awaitRoom: 19,
  /** `(sinkId, failure or undefined)`: that was all; with a text it is incomplete, and why. */
  endSink: 20,
  /** `(part) → function`: the script of that part of the bootstrap, evaluated (see `guest/boot/parts.ts`); undefined if it could not be. */
  evaluatePart: 21,
  /** `(label) → string`: the encoding's name, if the host knows that label of the Encoding standard; else ''. */
  encodingName: 22,
  /**
   * `(name, isFatal, ArrayBuffer, stage) → string`: at most 128 KiB (and what was carried over) decoded, by an encoding other than UTF-8 and UTF-16.
   * `stage` 1 = it is not the first chunk, + 2 = nor the last. The first unit is a count of units that follow it: bytes
   * that the next chunk must begin with. Then the text. undefined if it is fatal and the bytes are wrong.
   */
  decodeText: 23,
  /** `(requestId or 0, format, isDecompressing) → codecId`: a compressor; a string = there is none, and why. */
  openCodec: 24,
  /**
   * `(codecId, ArrayBuffer of at most 16 KiB or undefined, isLast) → ArrayBuffer`: what comes out, at most 64 KiB: if it is
   * as much, the op is to be called again, without input. A string = it failed, and why. After the last it is closed.
   */
  runCodec: 25,
  /** `(codecId)`: it is not needed any more. */
  closeCodec: 26,
  /**
   * `(opId, requestId or 0, json, ArrayBuffer or undefined) → ArrayBuffer | string | number | undefined`: a call of
   * `crypto.subtle`, see `web-crypto-abi.ts`. Answered at once, or resolved later (undefined); a number is the id of a
   * key to be restored first.
   */
  subtle: 30,
  /** `(keyId, sealed) → whether` the host holds that key again. */
  restoreKey: 31,
  /** `(path relative to /opt) → JSON [name…]`: what the layers have there, folders with a slash at their end; '' = no such folder. */
  listLayers: 32,
  /** `(path relative to /opt, asText) → ArrayBuffer | string`: a file of the layers; undefined = no such file; a number = its size, which is too much. */
  readLayer: 33,
  /**
   * `(opId, requestId or 0, binding, event as JSON, options as JSON)` with `options` = `{ delayMs, id }`, both perhaps null.
   * Resolves, when the call is on disk, with JSON: `{ invocationId }`, or `{ code, message, details }` of a refusal.
   */
  enqueue: 34,
} as const

/** What is to be done with the completion value of a script of a version that has layers. */
export const layerStep = {
  /** The layer script: its modules are evaluated when they are asked for. */
  take: 0,
  /** The layer script: the modules of its list are evaluated at once. */
  preload: 1,
  /** What the function's script made, with `load`: returns the module's exports. */
  evaluate: 2,
} as const

/** What `configure` and `load` are given, as JSON text. */
export interface GuestConfig {
  readonly functionName: string
  readonly functionVersion: string
  readonly memoryLimitMiB: number
  readonly env: Readonly<Record<string, string>>
  /** Names in `env` of functions that calls may be enqueued for. */
  readonly bindings: readonly string[]
  readonly userAgent: string
  readonly allowsWasm: boolean
}

/** Of an isolate that no function was loaded into. */
export const noConfig: GuestConfig = {
  functionName: '',
  functionVersion: '',
  memoryLimitMiB: 0,
  env: {},
  bindings: [],
  userAgent: '',
  allowsWasm: false,
}

/**
 * The guest notes its progress through a batch in an `Int32Array` over shared memory, so that the host knows, when an
 * instance had to be ended, which request was being started: whether (1) or not (0) a handler is being called, and how
 * many were so far. Not the request's id, which has more than 32 bits before long.
 */
export const progressIndex = {
  isStarting: 0,
  startedCount: 1,
  /** After an entry: whether it wants another at once, with `nextTask` alone. Each task has its own, for its own promises. */
  hasMoreTasks: 2,
  /** Whether the function listens to `unhandledrejection`. */
  listensToRejections: 3,
} as const
