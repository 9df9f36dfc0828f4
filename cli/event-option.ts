import { readFileSync } from 'node:fs'
import { text as readAll } from 'node:stream/consumers'
import { usageFailure } from './failure.ts'

/** What `--event` gives: JSON, `@file`, or `-` for stdin. @throws Failure */
export async function readEvent(option: string): Promise<unknown> {
  const [text, source] = await readText(option)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw usageFailure(`Cannot read the event from ${source}: ${(error as Error).message}`)
  }
}

async function readText(option: string): Promise<[text: string, source: string]> {
  // Not readFileSync(0): on a pipe that is still empty it fails with EAGAIN.
  if (option === '-') return [await readAll(process.stdin), 'stdin']
  if (!option.startsWith('@')) return [option, '--event']
  const path = option.slice(1)
  try {
    return [readFileSync(path, 'utf8'), path]
  } catch (error) {
    throw usageFailure(`Cannot read the event from ${path}: ${(error as Error).message}`)
  }
}
