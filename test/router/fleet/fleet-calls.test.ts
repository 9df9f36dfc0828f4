import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FleetCalls } from '../../../router/fleet/fleet-calls.ts'

describe('FleetCalls', () => {
  it('tells the log of what a worker appended, and of what it could not write', () => {
    const told: unknown[][] = []
    const calls = new FleetCalls({
      retryLog: {
        noteAppended: (...note) => void told.push(note),
        noteFailure: (failure) => void told.push([failure]),
        stats: () => ({ depth: new Map(), deadLetters: new Map(), failure: null }),
      },
      logOffsetMs: 0,
      getFunction: () => null,
      nowMs: () => 0,
    })
    const member = calls.join({ isTaking: true, send: () => {} })
    const note = { functionName: 'mail', count: 2, total: 2, dueAtMs: 5 }
    member.receive({ kind: 'appended', notes: [note] })
    member.receive({ kind: 'logState', failure: 'no space left' })
    member.receive({ kind: 'logState', failure: null })
    assert.deepEqual(told, [['mail', 2, 5], ['no space left']])
  })
})
