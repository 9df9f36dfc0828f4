import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, startPinnedNode } from '../pinned-process.ts'
import type { Rival, RunningRival } from './rival.ts'

const cli = fileURLToPath(new URL('../../cli/isolette.js', import.meta.url))

export interface RunningIsolette extends RunningRival {
  readonly adminSocket: string
  readonly dataDir: string
  /** Stops it and keeps its data. */
  end(): Promise<void>
}

export interface IsoletteOptions {
  /** Served function folder. */
  readonly path: string
  /** Path of the measured request. */
  readonly requestPath: string
  /** Default 1. */
  readonly workers?: number
  /** What an earlier one left. Default: none. */
  readonly dataDir?: string
  /** Default: any that is free. */
  readonly port?: number
  /** Besides that of this process. */
  readonly env?: Readonly<Record<string, string>>
}

/** The whole product: supervisor and workers on one core, with a data directory of its own. */
export async function startIsolette(core: number, options: IsoletteOptions): Promise<RunningIsolette> {
  const port = options.port ?? (await freePort())
  const data = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'isolette-bench-')))
  const flags = ['--workers', String(options.workers ?? 1), '--port', String(port), '--data', data]
  // What is deployed already is not said again.
  const readyText = options.dataDir === undefined ? 'deployed' : 'is ready'
  const command = [cli, 'serve', options.path, ...flags]
  const started = await startPinnedNode(core, command, readyText, options.env)
  return {
    ...started,
    url: `http://127.0.0.1:${port}${options.requestPath}`,
    adminSocket: join(data, 'admin.sock'),
    dataDir: data,
    end: () => started.stop(),
    async stop() {
      await started.stop()
      await rm(data, { recursive: true, force: true })
    },
  }
}

/** The function of one folder. */
export function isoletteServing(path: string, requestPath: string): Rival {
  return { name: 'isolette', start: (core) => startIsolette(core, { path, requestPath }) }
}

export const isoletteHello = isoletteServing(
  fileURLToPath(new URL('../../examples/hello', import.meta.url)),
  '/hello',
)
