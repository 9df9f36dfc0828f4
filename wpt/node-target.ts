import { Worker } from 'node:worker_threads'
import { readAnswer, type TestResult } from './subtest.ts'
import type { Target } from './target.ts'

/** Runs each test among Node's own globals, in a thread of its own. */
export class NodeTarget implements Target {
  async run(program: string, timeoutMs: number): Promise<TestResult> {
    const worker = new Worker(new URL('./node-thread.ts', import.meta.url), {
      workerData: { program, timeoutMs },
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: 512 },
    })
    const { promise, resolve } = Promise.withResolvers<TestResult>()
    worker.on('message', (json: string) => resolve(readAnswer(json)))
    worker.on('error', (error) => resolve({ status: 'killed', message: String(error), subtests: [] }))
    worker.on('exit', () => resolve({ status: 'killed', message: 'The thread ended', subtests: [] }))
    const graceMs = 10_000
    const timer = setTimeout(() => void worker.terminate(), timeoutMs + graceMs)
    const result = await promise
    clearTimeout(timer)
    await worker.terminate()
    return result
  }
}
