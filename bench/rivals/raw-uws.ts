import { fileURLToPath } from 'node:url'
import { freePort, startPinnedNode } from '../pinned-process.ts'
import type { Rival } from './rival.ts'

export const rawUws: Rival = {
  name: 'raw uWebSockets.js',
  async start(core) {
    const port = await freePort()
    const script = fileURLToPath(new URL('./raw-uws-process.ts', import.meta.url))
    const started = await startPinnedNode(core, [script, String(port)], 'ready')
    return { ...started, url: `http://127.0.0.1:${port}/` }
  },
}
