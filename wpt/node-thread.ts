/** One test among Node's own globals; see `node-target.ts`. */
import { runInThisContext } from 'node:vm'
import { parentPort, workerData } from 'node:worker_threads'

const { program, timeoutMs } = workerData as { program: string; timeoutMs: number }
const { Request } = globalThis

// As in an instance: what nobody catches ends nothing.
process.on('uncaughtException', () => {})
process.on('unhandledRejection', () => {})

const { default: application } = runInThisContext(program, { filename: 'test' })

let isAnswered = false
async function answer(path: string): Promise<void> {
  const response = await application.fetch(new Request(`http://web-platform.test${path}`))
  if (isAnswered) return
  isAnswered = true
  parentPort!.postMessage(await response.text())
}

// What waits for nothing that could still happen is asked at once how far it came.
process.once('beforeExit', () => void answer('/results'))
setTimeout(() => void answer('/results'), timeoutMs).unref()
void answer('/run')
