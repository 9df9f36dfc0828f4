/**
 * Whether a client's `Prefer` asks for an answer before the request is carried out (RFC 7240): one of its preferences is
 * `respond-async`, whatever parameters follow. Of one that stands there twice the first counts, so its value is nobody's concern.
 *
 * @param prefer all `Prefer` headers, joined by commas
 */
export function asksForAsync(prefer: string): boolean {
  if (prefer === 'respond-async') return true
  for (let start = 0; start < prefer.length; ) {
    const end = endOf(prefer, start)
    if (/^\s*respond-async\s*(;|$)/i.test(prefer.slice(start, end))) return true
    start = end + 1
  }
  return false
}

/** Where the preference that begins at `start` ends: at a comma that is not quoted. */
function endOf(prefer: string, start: number): number {
  let isQuoted = false
  for (let at = start; at < prefer.length; at++) {
    const letter = prefer[at]
    if (letter === '"') isQuoted = !isQuoted
    else if (letter === '\\' && isQuoted) at++
    else if (letter === ',' && !isQuoted) return at
  }
  return prefer.length
}
