/** Most units of a URL and its base: reading them cannot be interrupted, and takes 10 ms. */
const maxUnits = 2 ** 20
/** The same of what is not all ASCII: each unit may become nine, and nobody writes such URLs. */
const maxWideUnits = 2 ** 17

/**
 * Answers `op.parseUrl` by the host's own WHATWG parser: what the guest's short path does not take. '' also if it is too
 * long.
 */
export function parseUrl(url: string, base: string | undefined): string {
  const units = url.length + (base?.length ?? 0)
  if (units > maxUnits || (units > maxWideUnits && isWide(url + (base ?? '')))) return ''
  const parsed = URL.parse(url, base)
  if (parsed === null) return ''
  const { href, protocol, username, password, hostname, port, pathname, search, hash } = parsed
  return JSON.stringify([href, protocol, username, password, hostname, port, pathname, search, hash])
}

function isWide(text: string): boolean {
  return /[^\0-\x7f]/.test(text)
}
