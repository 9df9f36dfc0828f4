import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { it } from 'node:test'
import { createLogTo } from '../../runtime/observe/log.ts'

it('writes JSON lines with the level as a word and the bindings', () => {
  const lines: string[] = []
  const log = createLogTo({ write: (line) => lines.push(line) }, { level: 'info', bindings: { worker: 3 } })
  log.debug('not this')
  log.warn({ a: 1 }, 'this')
  assert.equal(lines.length, 1)
  const { time, ...entry } = JSON.parse(lines[0]!)
  assert.deepEqual(entry, { level: 'warn', worker: 3, a: 1, msg: 'this' })
})

it('has everything on standard error when the process exits', () => {
  const url = new URL('../../runtime/observe/log.ts', import.meta.url)
  const script = `
    import { createLog } from ${JSON.stringify(url.href)}
    const log = createLog({ level: 'info', bindings: {} })
    for (let index = 0; index < 1000; index++) log.info({ index }, 'line')
    process.exit(0)`
  const { stderr, stdout } = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], {
    encoding: 'utf8',
  })
  assert.equal(stdout, '')
  const lines = stderr.trim().split('\n')
  assert.equal(lines.length, 1000)
  assert.equal(JSON.parse(lines[999]!).index, 999)
})
