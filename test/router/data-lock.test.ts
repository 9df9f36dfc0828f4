import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { lockDataDirectory } from '../../router/data-lock.ts'
import { identifyProcess } from '../../router/process-identity.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const takeLock = fileURLToPath(new URL('./fixtures/take-lock.ts', import.meta.url))

describe('lockDataDirectory', () => {
  it('makes the directory for this user alone', (t) => {
    const dataDir = join(temporaryDirectory(t), 'a', 'b')
    lockDataDirectory(dataDir).release()
    assert.equal(statSync(dataDir).mode & 0o777, 0o700)
  })

  it('refuses a directory that a living process has, naming both', (t) => {
    const dataDir = temporaryDirectory(t)
    lockDataDirectory(dataDir)
    assert.throws(() => lockDataDirectory(dataDir), {
      code: 'data_in_use',
      message: `Cannot use the data directory ${dataDir}: process ${process.pid} has it, must be free`,
    })
  })

  it('can be taken again once it was given back', (t) => {
    const dataDir = temporaryDirectory(t)
    lockDataDirectory(dataDir).release()
    lockDataDirectory(dataDir).release()
    assert.deepEqual(readdirSync(join(dataDir, 'lock')), ['2'])
  })

  it('takes over from a process whose number another one has now', (t) => {
    const dataDir = temporaryDirectory(t)
    mkdirSync(join(dataDir, 'lock'))
    const self = identifyProcess(process.pid)!
    writeFileSync(join(dataDir, 'lock', '7'), JSON.stringify({ ...self, startedAt: `${self.startedAt}0` }))
    lockDataDirectory(dataDir)
    assert.deepEqual(readdirSync(join(dataDir, 'lock')), ['8'])
  })

  it('takes over from a note that a crash of the machine emptied', (t) => {
    const dataDir = temporaryDirectory(t)
    mkdirSync(join(dataDir, 'lock'))
    writeFileSync(join(dataDir, 'lock', '1'), '')
    lockDataDirectory(dataDir)
  })

  it('refuses a path that cannot be a directory', (t) => {
    const file = join(temporaryDirectory(t), 'file')
    writeFileSync(file, '')
    assert.throws(() => lockDataDirectory(file), { code: 'cannot_start' })
  })

  it('goes to exactly one of several that find the holder dead', async (t) => {
    const dataDir = temporaryDirectory(t)
    const dead = await contend(t, dataDir)
    assert.equal(dead.answer, 'taken')
    dead.child.kill('SIGKILL')
    await once(dead.child, 'exit')
    const contenders = await Promise.all(Array.from({ length: 5 }, () => contend(t, dataDir)))
    assert.deepEqual(contenders.map(({ answer }) => answer).sort(), [
      ...Array(4).fill('data_in_use'),
      'taken',
    ])
  })
})

async function contend(
  t: { after(done: () => void): void },
  dataDir: string,
): Promise<{ child: ChildProcess; answer: string }> {
  const child = spawn(process.execPath, [takeLock, dataDir], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data')
  return { child, answer: line.trim() }
}
