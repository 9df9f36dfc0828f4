import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'

export interface Pinned {
  readonly pid: number
  /** May be called again. */
  stop(): Promise<void>
}

/** Runs Node on one core and resolves when it prints a line that holds `readyText`. */
export function startPinnedNode(
  core: number,
  args: readonly string[],
  readyText: string,
  env?: Readonly<Record<string, string>>,
): Promise<Pinned> {
  return startPinned(core, [process.execPath, '--no-node-snapshot', ...args], readyText, env)
}

/** The same for any program. */
export async function startPinned(
  core: number,
  command: readonly string[],
  readyText: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Pinned> {
  const child = spawn('taskset', ['-c', String(core), ...command], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  await untilPrinted(child, readyText)
  // `taskset` becomes the program it starts.
  const pid = child.pid!
  return {
    pid,
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

function untilPrinted(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = ''
    const take = (chunk: Buffer): void => {
      if (output.length > 100_000) return
      output += chunk
      if (output.includes(text)) resolve()
    }
    // Read on for as long as it runs: a full pipe would stop it.
    child.stdout?.on('data', take)
    child.stderr?.on('data', take)
    child.once('exit', (code) =>
      reject(new Error(`The process ended with ${code} before it was ready:\n${output}`)),
    )
    child.once('error', reject)
  })
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string')
    throw new Error('Cannot read the port of a listening socket')
  return address.port
}

/** User and system time of a process and all below it so far, in milliseconds. Linux. */
export function treeCpuMs(pid: number): number {
  const tickMs = 1000 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
  let ticks = 0
  for (const one of treeOf(pid)) {
    const fields = statFields(one)
    ticks += Number(fields[11]) + Number(fields[12])
  }
  return ticks * tickMs
}

/** Resident memory of one process in MiB. Linux. */
export function rssMiB(pid: number): number {
  return statusMiB(pid, 'VmRSS')
}

/** What of it is no file's: memory that the system can have back from nobody else. */
export function anonymousMiB(pid: number): number {
  return statusMiB(pid, 'RssAnon')
}

function statusMiB(pid: number, key: string): number {
  const line = new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(line?.[1] ?? Number.NaN) / 1024
}

function treeOf(root: number): number[] {
  const children = new Map<number, number[]>()
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const pid = Number(entry)
    const parent = Number(statFields(pid)[1])
    children.set(parent, [...(children.get(parent) ?? []), pid])
  }
  const tree: number[] = []
  const open = [root]
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    tree.push(pid)
    open.push(...(children.get(pid) ?? []))
  }
  return tree
}

/** Fields of /proc/<pid>/stat from the third on: the second, the command, may hold spaces. */
function statFields(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}
