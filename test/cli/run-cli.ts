import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

export const cli = fileURLToPath(new URL('../../cli/isolette.js', import.meta.url))

export interface CliOptions {
  /** Admin socket, given as ISOLETTE_ADMIN. */
  readonly admin?: string
  readonly input?: string
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

export interface CliResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts `isolette <args>` in a process of its own, with nothing of a terminal. */
export function startCli(args: readonly string[], { admin, cwd, env }: CliOptions = {}): ChildProcess {
  return spawn(process.execPath, [cli, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
    env: { PATH: process.env.PATH, ...(admin === undefined ? {} : { ISOLETTE_ADMIN: admin }), ...env },
  })
}

export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const child = startCli(args, options)
  child.stdin!.end(options.input)
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, 'exit') as Promise<[number | null]>,
  ])
  return { code, stdout, stderr }
}
