import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { ChildList, endLeftovers } from '../../router/leftovers.ts'
import { identifyProcess, isRunning } from '../../router/process-identity.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const timings = { graceMs: 300, pollMs: 5 }

describe('endLeftovers', () => {
  it('does nothing in a new directory', async (t) => {
    assert.deepEqual(await endLeftovers(temporaryDirectory(t), timings), [])
  })

  it('ends a child that was listed, asking first', async (t) => {
    const dataDir = temporaryDirectory(t)
    const child = await start(t, 'process.on("SIGTERM", () => process.exit(7))')
    new ChildList(dataDir).add(child.pid!)
    const ended = once(child, 'exit')
    assert.deepEqual(await endLeftovers(dataDir, { graceMs: 20_000, pollMs: 5 }), [child.pid])
    assert.deepEqual(await ended, [7, null])
  })

  it('kills a child that does not end when asked', async (t) => {
    const dataDir = temporaryDirectory(t)
    const child = await start(t, 'process.on("SIGTERM", () => {})')
    new ChildList(dataDir).add(child.pid!)
    const ended = once(child, 'exit')
    await endLeftovers(dataDir, timings)
    assert.deepEqual(await ended, [null, 'SIGKILL'])
  })

  it('leaves a process alone that only has the number of a child', async (t) => {
    const dataDir = temporaryDirectory(t)
    const child = await start(t, '')
    const identity = identifyProcess(child.pid!)!
    const listed = [{ ...identity, startedAt: `${identity.startedAt}0` }]
    writeFileSync(join(dataDir, 'children.json'), JSON.stringify(listed))
    assert.deepEqual(await endLeftovers(dataDir, timings), [])
    assert.ok(isRunning(identity))
  })

  it('leaves a child alone that was taken off the list', async (t) => {
    const dataDir = temporaryDirectory(t)
    const child = await start(t, '')
    const list = new ChildList(dataDir)
    list.add(child.pid!)
    list.remove(child.pid!)
    assert.deepEqual(await endLeftovers(dataDir, timings), [])
    assert.equal(readFileSync(join(dataDir, 'children.json'), 'utf8'), '[]')
  })

  it('does nothing with a list that is damaged', async (t) => {
    const dataDir = temporaryDirectory(t)
    writeFileSync(join(dataDir, 'children.json'), '[{"pid":-1,"startedAt":"x"},')
    assert.deepEqual(await endLeftovers(dataDir, timings), [])
  })
})

async function start(t: { after(done: () => void): void }, code: string): Promise<ChildProcess> {
  const program = `${code}; console.log('up'); process.stdin.resume()`
  const child = spawn(process.execPath, ['-e', program], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child
}
