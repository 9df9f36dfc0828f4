import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { clearFlights, openFlightRecorder, readFlight, removeFlight } from '../../router/flight-recorder.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const a = 'a'.repeat(64)
const b = 'b'.repeat(64)

describe('flight recorder', () => {
  it('names the version that was entered last', (t) => {
    const dataDir = flightDirectory(t)
    const recorder = openFlightRecorder(dataDir)
    assert.equal(readFlight(dataDir, process.pid).versionId, null)
    for (const versionId of [a, b]) {
      recorder.note(versionId)
      assert.equal(readFlight(dataDir, process.pid).versionId, versionId)
    }
    recorder.close()
    assert.equal(readFlight(dataDir, process.pid).versionId, b)
  })

  it('does not write the same version twice in a row', (t) => {
    const dataDir = flightDirectory(t)
    const recorder = openFlightRecorder(dataDir)
    recorder.note(a)
    writeFileSync(join(dataDir, 'flight', String(process.pid)), b)
    recorder.note(a)
    assert.equal(readFlight(dataDir, process.pid).versionId, b)
    recorder.close()
  })

  it('names the attempts that ran, and which were of the version that was entered last', (t) => {
    const dataDir = flightDirectory(t)
    const recorder = openFlightRecorder(dataDir)
    recorder.noteAttempts([1, 2, 3].map((number) => ({ number, versionId: b })))
    recorder.noteAttempts([
      { number: 7, versionId: a },
      { number: 8, versionId: b },
      { number: 9, versionId: null },
    ])
    recorder.note(a)
    const { attempts } = readFlight(dataDir, process.pid)
    assert.deepEqual(
      [...attempts],
      [
        [7, true],
        [8, false],
        [9, false],
      ],
    )
    recorder.noteAttempts(Array.from({ length: 5000 }, (_, number) => ({ number, versionId: a })))
    assert.ok(readFlight(dataDir, process.pid).attempts.size > 1024)
    recorder.close()
    recorder.noteAttempts([])
  })

  it('does not fail its caller when it cannot write', (t) => {
    const recorder = openFlightRecorder(flightDirectory(t))
    recorder.close()
    recorder.note(a)
  })

  it('does not fail its caller when it cannot be opened', (t) => {
    const recorder = openFlightRecorder(join(temporaryDirectory(t), 'removed'))
    recorder.note(a)
    recorder.noteAttempts([{ number: 1, versionId: a }])
    recorder.close()
  })

  it('knows nothing of a process that never had one, or whose record is damaged', (t) => {
    const dataDir = flightDirectory(t)
    assert.deepEqual(readFlight(dataDir, 1), { versionId: null, attempts: new Map() })
    openFlightRecorder(dataDir).close()
    writeFileSync(join(dataDir, 'flight', String(process.pid)), '../../etc')
    assert.equal(readFlight(dataDir, process.pid).versionId, null)
  })

  it('is removed for one process, or for all', (t) => {
    const dataDir = flightDirectory(t)
    openFlightRecorder(dataDir).close()
    removeFlight(dataDir, process.pid)
    assert.deepEqual(readdirSync(join(dataDir, 'flight')), [])
    openFlightRecorder(dataDir).close()
    clearFlights(dataDir)
    assert.deepEqual(readdirSync(join(dataDir, 'flight')), [])
  })
})

function flightDirectory(t: Parameters<typeof temporaryDirectory>[0]): string {
  const dataDir = temporaryDirectory(t)
  clearFlights(dataDir)
  return dataDir
}
