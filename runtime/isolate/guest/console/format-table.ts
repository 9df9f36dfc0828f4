import { newList } from '../language/list.ts'
import { arrayJoin, max, min, objectKeys, stringPadEnd, stringRepeat } from '../primordials.ts'
import { inspect } from './inspect.ts'

const maxRows = 100
const maxColumns = 20
const indexColumn = '(index)'
const valueColumn = 'Values'

/** Draws an array or an object of rows; null if it is neither. */
export function formatTable(data: unknown): string | null {
  if (typeof data !== 'object' || data === null) return null
  const keys = objectKeys(data)
  const columns = newList<string>()
  columns[0] = indexColumn
  const rows = newList<string[]>()
  for (let row = 0; row < min(keys.length, maxRows); row++) {
    const cells = newList<string>()
    cells[0] = keys[row]!
    fillRow((data as Record<string, unknown>)[keys[row]!], columns, cells)
    rows[row] = cells
  }
  return draw(columns, rows)
}

function fillRow(row: unknown, columns: string[], cells: string[]): void {
  if (typeof row !== 'object' || row === null) {
    const column = columnAt(columns, valueColumn)
    if (column !== -1) cells[column] = inspect(row, 0)
    return
  }
  const keys = objectKeys(row)
  for (let index = 0; index < keys.length; index++) {
    const column = columnAt(columns, keys[index]!)
    if (column !== -1) cells[column] = inspect((row as Record<string, unknown>)[keys[index]!], 0)
  }
}

/** Where the column stands, added if it is new; -1 if there are too many. */
function columnAt(columns: string[], name: string): number {
  for (let index = 1; index < columns.length; index++) if (columns[index] === name) return index
  if (columns.length === maxColumns) return -1
  columns[columns.length] = name
  return columns.length - 1
}

function draw(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = newList<number>()
  for (let column = 0; column < columns.length; column++) {
    let width = columns[column]!.length
    for (let row = 0; row < rows.length; row++) width = max(width, rows[row]![column]?.length ?? 0)
    widths[column] = width
  }
  const lines = newList<string>()
  lines[0] = ruler(widths, '┌', '┬', '┐')
  lines[1] = line(columns, widths)
  lines[2] = ruler(widths, '├', '┼', '┤')
  for (let row = 0; row < rows.length; row++) lines[lines.length] = line(rows[row]!, widths)
  lines[lines.length] = ruler(widths, '└', '┴', '┘')
  return arrayJoin(lines, '\n')
}

function line(cells: readonly string[], widths: readonly number[]): string {
  const padded = newList<string>()
  for (let column = 0; column < widths.length; column++)
    padded[column] = stringPadEnd(cells[column] ?? '', widths[column]!)
  return `│ ${arrayJoin(padded, ' │ ')} │`
}

function ruler(widths: readonly number[], left: string, middle: string, right: string): string {
  const strokes = newList<string>()
  for (let column = 0; column < widths.length; column++)
    strokes[column] = stringRepeat('─', widths[column]! + 2)
  return left + arrayJoin(strokes, middle) + right
}
