import { appendFileSync } from 'node:fs'
import { openCallAppender } from '../../runtime/retry-log/call-appender.ts'
import { callOf } from './log-scene.ts'

// A process that accepts calls, until it is killed. It tells the id of each that is safe.

const [dataDir, tale, offsetMs] = process.argv.slice(2) as [string, string, string]
const appender = openCallAppender({ dataDir, offsetMs: Number(offsetMs) })
for (let named = 0; ; named++) {
  const calls = Array.from({ length: 1 + Math.floor(Math.random() * 100) }, (_, at) =>
    callOf('hello', at === 0 ? { callerId: `${process.pid}-${named}` } : {}),
  )
  const appended = await Promise.all(calls.map((call) => appender.append(call)))
  appendFileSync(tale, appended.map(({ id }) => `appended ${id}\n`).join(''))
  if (named === 0) console.log('begun')
  await new Promise((resolve) => setTimeout(resolve, 10))
}
