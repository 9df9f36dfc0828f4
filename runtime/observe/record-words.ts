import type { InvocationRecord } from './record.ts'

const maxMessageUnits = 200

/** How much of a record is text of the guest. */
export function wordsOf({ logLines, error }: InvocationRecord): number {
  const units = error === null ? 0 : error.message.length + error.stack.length
  return logLines.reduce((sum, { text }) => sum + text.length, units)
}

/** The record with the beginning of its error alone, for when there is too much of it all. */
export function withoutWords(record: InvocationRecord): InvocationRecord {
  const { logLines, droppedLogBytes, error } = record
  const dropped = logLines.reduce((sum, { text }) => sum + text.length, 0)
  return {
    ...record,
    logLines: [],
    droppedLogBytes: droppedLogBytes + dropped,
    error: error && { name: error.name, message: error.message.slice(0, maxMessageUnits), stack: '' },
  }
}
