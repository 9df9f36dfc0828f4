import type { LogDatabases } from './log-tables.ts'
import type { LogOperation } from './log-write.ts'
import type { TriggerMark } from './retry-log.ts'

export function putMark(mark: TriggerMark): LogOperation {
  return { kind: 'put', table: 'trigger-marks', key: [mark.functionName, mark.key], value: mark }
}

export function removeMark({ functionName, key }: Pick<TriggerMark, 'functionName' | 'key'>): LogOperation {
  return { kind: 'remove', table: 'trigger-marks', key: [functionName, key] }
}

export function readMarks(tables: LogDatabases): TriggerMark[] {
  return Array.from(tables['trigger-marks'].getRange({}), ({ value }) => value as TriggerMark)
}
