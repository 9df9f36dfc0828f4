import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { pino } from 'pino'
import type { AcceptCall } from '../../router/http/async-exchange.ts'
import { TargetPicker } from '../../router/http/pick-target.ts'
import { createServer, type HttpServer, type HttpServerOptions } from '../../router/http/server.ts'
import { loadUws } from '../../router/http/uws-binary.ts'
import { FakeInvoker } from './fake-invoker.ts'
import { FakeRecorder } from './fake-recorder.ts'
import { FakeRegistryView } from './fake-registry-view.ts'

const cacheDir = mkdtempSync(join(tmpdir(), 'isolette-uws-'))
after(() => rmSync(cacheDir, { recursive: true, force: true }))

export interface OpenServer {
  readonly port: number
  readonly server: HttpServer
  readonly view: FakeRegistryView
  readonly invoker: FakeInvoker
  readonly recorder: FakeRecorder
  /** Lines that the server logged. */
  readonly logged: string[]
  /** Lets a second pass for streams that are watched; the clock is the test's to set. */
  tick(): void
  /** Whether any stream is watched. */
  readonly isWatching: boolean
}

/** A server on a free port over fakes, with the function `hello` on `/hello` and `/hello/*`. Closed with the test. */
export async function openServer(
  t: { after(done: () => void): void },
  options: Partial<HttpServerOptions['options'] & Pick<HttpServerOptions, 'nowMs'>> & {
    random?: () => number
    acceptCall?: AcceptCall
  } = {},
): Promise<OpenServer> {
  const view = new FakeRegistryView()
  view.add('hello', {}, [{ path: '/hello' }, { path: '/hello/*' }])
  const invoker = new FakeInvoker()
  const recorder = new FakeRecorder()
  const logged: string[] = []
  let tick: (() => void) | null = null
  const { random = () => 0, nowMs = () => performance.now(), acceptCall = acceptsNone, ...rest } = options
  const server = createServer({
    uws: loadUws(cacheDir),
    view,
    picker: new TargetPicker(view, random),
    invoker,
    acceptCall,
    recorder,
    log: pino({}, { write: (line: string) => logged.push(line) }),
    options: { host: '127.0.0.1', port: 0, trustedProxies: [], ...rest },
    nowMs,
    everySecond: (callback) => {
      tick = callback
      return () => {
        tick = null
      }
    },
  })
  const port = await server.listen()
  t.after(() => server.close())
  return {
    port,
    server,
    view,
    invoker,
    recorder,
    logged,
    tick: () => tick?.(),
    get isWatching() {
      return tick !== null
    },
  }
}

const acceptsNone: AcceptCall = (_, onAccepted) =>
  onAccepted({
    kind: 'refused',
    code: 'retry_log_unavailable',
    message: 'Cannot accept the call: there is no log',
  })
