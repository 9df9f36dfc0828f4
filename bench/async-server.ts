import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { adminCall } from './admin-call.ts'
import { deployMany } from './many-functions.ts'
import { type RunningIsolette, startIsolette } from './rivals/isolette.ts'

const serverCore = 1
export const clientCore = 0
const hello = fileURLToPath(new URL('../examples/hello', import.meta.url))

/** A function that says hello, and takes calls that nobody waits for. */
export interface AsyncServer extends AsyncDisposable {
  readonly running: RunningIsolette
  /** On `/<name>`. */
  readonly name: string
  readonly url: string
}

/** One worker, on one core with its supervisor. */
export async function startAsync(): Promise<AsyncServer> {
  const running = await startHello()
  const settings = { async: { http: true, maxQueued: 100_000_000 } }
  const [name] = await deployMany(running.adminSocket, 1, { settings, prefix: 'later' })
  return {
    running,
    name: name!,
    url: `${running.url}/${name}`,
    [Symbol.asyncDispose]: () => running.stop(),
  }
}

/** `dataDir` of an earlier one; it stays. */
export function startHello(where: { dataDir?: string; port?: number } = {}): Promise<RunningIsolette> {
  return startIsolette(serverCore, { path: hello, requestPath: '', ...where })
}

/** Runs a program of this folder beside the server. Resolves with what it printed. */
export async function runClient(file: string, args: readonly (string | number)[]): Promise<string> {
  const program = fileURLToPath(new URL(file, import.meta.url))
  const line = ['-c', String(clientCore), process.execPath, program, ...args.map(String)]
  return (await promisify(execFile)('taskset', line)).stdout
}

/** Has `count` calls of 1 KiB accepted. */
export async function enqueueMany({ url }: AsyncServer, count: number): Promise<void> {
  await runClient('./enqueue-client.ts', [url, count, 1024])
}

/** Its calls are accepted, and wait. */
export async function pause({ running, name }: AsyncServer): Promise<void> {
  await adminCall(running.adminSocket, 'POST', `/v1/functions/${name}/pause`)
}

export async function resume({ running, name }: AsyncServer): Promise<void> {
  await adminCall(running.adminSocket, 'POST', `/v1/functions/${name}/resume`)
}

/** Calls that have not ended. */
export async function openCalls({ running }: AsyncServer): Promise<number> {
  const log = await adminCall(running.adminSocket, 'GET', '/v1/retry-log')
  const { waiting, running: begun } = log as { waiting: number; running: number }
  return waiting + begun
}

/** Resolves when all calls have ended, or up to a tenth of a second later: to ask more often would slow it down. */
export async function untilDrained(server: AsyncServer): Promise<void> {
  while ((await openCalls(server)) > 0) await new Promise((resolve) => setTimeout(resolve, 100))
}
