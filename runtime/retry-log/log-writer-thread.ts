/**
 * The thread that writes the log: one transaction for all that waits when it looks, each write whole or not at all.
 * What its messages are is said in `log-writer.ts`.
 */

import { flushCompileCache } from 'node:module'
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { unpack } from 'msgpackr'
import { checkStoreHeader } from '../storage/store-file.ts'
import { openLogStore } from './log-tables.ts'
import { beginWork, endWork } from './log-writer-guard.ts'
import {
  type CommitReply,
  maxGroupBytes,
  type PackedWrite,
  type WriterThreadData,
} from './log-writer-messages.ts'

const port = parentPort as MessagePort
const { file, guard } = workerData as WriterThreadData
checkStoreHeader(file)
const { root, tables } = openLogStore(file, 'bytes')
endWork(guard)
// A worker may be killed without a warning, and the next one is to find this thread's modules compiled.
flushCompileCache()

port.on('message', (first: Uint8Array | null) => {
  let packed: Uint8Array | null | undefined = first
  while (packed instanceof Uint8Array) {
    const writes: PackedWrite[] = []
    let bytes = 0
    do {
      for (const write of unpack(packed) as PackedWrite[]) writes.push(write)
      bytes += packed.byteLength
      packed = bytes < maxGroupBytes ? nextWaiting() : undefined
    } while (packed instanceof Uint8Array)
    if (!beginWork(guard)) return
    port.postMessage(commit(writes))
    endWork(guard)
  }
  if (packed === null && beginWork(guard)) {
    void root.close().then(() => {
      endWork(guard)
      port.close()
    })
  }
})

function nextWaiting(): Uint8Array | null | undefined {
  return receiveMessageOnPort(port)?.message as Uint8Array | null | undefined
}

/** A write that cannot be carried out, like one of a key that is too long, is left out, and the others are done without it. */
function commit(writes: readonly PackedWrite[]): CommitReply {
  const results: CommitReply['results'] = new Array(writes.length).fill(false)
  for (;;) {
    let at = 0
    try {
      root.transactionSync(() => {
        for (; at < writes.length; at++) {
          if (typeof results[at] === 'boolean') results[at] = apply(writes[at]!)
        }
      })
      return { results, failure: null }
    } catch (error) {
      // LMDB's errors and the system's have a number; those of what is to be written have none.
      if (typeof (error as { code?: unknown }).code === 'number' || at === writes.length) {
        return { results, failure: asFailure(error) }
      }
      results[at] = asFailure(error)
    }
  }
}

function apply([absent, operations]: PackedWrite): boolean {
  for (const [table, key] of absent) {
    if (tables[table].doesExist(key)) return false
  }
  for (const operation of operations) {
    if (operation.length === 3) tables[operation[0]].put(operation[1], operation[2])
    else tables[operation[0]].remove(operation[1])
  }
  return true
}

function asFailure(error: unknown): { code: unknown; message: string } {
  const { code, message } = error as { code?: unknown; message: string }
  return { code, message }
}
