import { fileURLToPath } from 'node:url'
import { freePort, startPinnedNode } from '../pinned-process.ts'
import type { Rival, RunningRival } from './rival.ts'

/** A program of raw uWebSockets.js that takes its port as argument. */
export async function startRawUws(core: number, script: string): Promise<RunningRival> {
  const port = await freePort()
  const started = await startPinnedNode(core, [script, String(port)], 'ready')
  return { ...started, url: `http://127.0.0.1:${port}/` }
}

const hello = fileURLToPath(new URL('./raw-uws-process.ts', import.meta.url))

export const rawUws: Rival = {
  name: 'raw uWebSockets.js',
  start: (core) => startRawUws(core, hello),
}
