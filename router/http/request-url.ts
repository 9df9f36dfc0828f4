/** A request's URL, ready for the route table and for the function. */
export interface RequestUrl {
  /** In lower case, without port and final dot: as routes have it. */
  readonly host: string
  /** Normalised, without query: as routes and the function see it. */
  readonly path: string
  /** The whole URL as WHATWG's parser would write it. */
  readonly href: string
}

interface Authority {
  readonly host: string
  /** `http://example.com:8080` */
  readonly origin: string
}

/** Hosts that were found good; clients send whatever they like, so not without end. */
const maxKnown = 1000

const hostPattern = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/

// What WHATWG's URL parser leaves as it is: no dot segments (plain or encoded), nothing that it would encode.
const plainPath = /^(?:\/(?!\.)(?:[\w!$&'()*+,;=:@~.-]|%(?!2[eE])[0-9A-Fa-f]{2})*)+$/
const plainQuery = /^[!$-&(-;=?-~]*$/

/**
 * Makes URLs of what requests say. Paths are normalised before they are routed, so that the route that was found and
 * the URL that the function sees never differ: `/public/../private` is `/private` to both.
 */
export class RequestUrls {
  readonly #http = new Map<string, Authority>()
  readonly #https = new Map<string, Authority>()

  /**
   * `path` begins with `/`; `query` is undefined if there was no `?`. Null if the host is no host or the path holds a
   * `#`, which HTTP does not allow there.
   */
  parse(isHttps: boolean, host: string, path: string, query: string | undefined): RequestUrl | null {
    const authority = (isHttps ? this.#https : this.#http).get(host) ?? this.#addAuthority(isHttps, host)
    if (authority === null) return null
    if (plainPath.test(path) && (query === undefined || plainQuery.test(query))) {
      const { host, origin } = authority
      return { host, path, href: query === undefined ? origin + path : `${origin + path}?${query}` }
    }
    const target = query === undefined ? path : `${path}?${query}`
    if (target.includes('#')) return null
    const url = new URL(authority.origin + target)
    return { host: authority.host, path: url.pathname, href: url.href }
  }

  #addAuthority(isHttps: boolean, text: string): Authority | null {
    const scheme = isHttps ? 'https' : 'http'
    if (!hostPattern.test(text) || !URL.canParse(`${scheme}://${text}`)) return null
    const { hostname, origin } = new URL(`${scheme}://${text}`)
    const authority = { host: hostname.replace(/\.$/, ''), origin }
    const known = isHttps ? this.#https : this.#http
    if (known.size === maxKnown) known.clear()
    known.set(text, authority)
    return authority
  }
}
