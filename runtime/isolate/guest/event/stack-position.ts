import { stringCharCodeAt, stringIndexOf, stringSlice } from '../primordials.ts'

export interface Position {
  readonly filename: string
  /** From 1; 0 = unknown. */
  readonly lineno: number
  readonly colno: number
}

const nowhere: Position = { filename: '', lineno: 0, colno: 0 }
/** What V8 calls the bootstrap in stacks. */
const bootstrap = 'isolette:bootstrap'

/** Where the innermost frame of a stack stands that is the function's. */
export function positionIn(stack: string): Position {
  let from = stringIndexOf(stack, '\n    at ')
  while (from !== -1) {
    const end = stringIndexOf(stack, '\n', from + 1)
    const frame = stringSlice(stack, from + 8, end === -1 ? stack.length : end)
    if (stringIndexOf(frame, bootstrap) === -1) return positionOf(frame)
    from = end === -1 ? -1 : stringIndexOf(stack, '\n    at ', end)
  }
  return nowhere
}

/** `name (file:line:column)` or `file:line:column` */
function positionOf(frame: string): Position {
  const open = stringIndexOf(frame, '(')
  const place = open === -1 ? frame : stringSlice(frame, open + 1, frame.length - 1)
  const column = lastColon(place, place.length)
  const line = lastColon(place, column)
  if (line <= 0) return nowhere
  const lineno = +stringSlice(place, line + 1, column) >>> 0
  const colno = +stringSlice(place, column + 1) >>> 0
  return { filename: stringSlice(place, 0, line), lineno, colno }
}

function lastColon(text: string, before: number): number {
  let at = before - 1
  while (at >= 0 && stringCharCodeAt(text, at) !== 58) at--
  return at
}
