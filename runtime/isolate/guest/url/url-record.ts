import { stringCharCodeAt, stringSlice, stringStartsWith } from '../primordials.ts'

const colon = 58

/**
 * A parsed URL: its serialisation, and where the components stand in it. For `https://user:pass@host:8080/path?q#f`:
 *
 *   protocolEnd  behind `https:`          hostStart  at `host`        pathStart    at `/path`
 *   userEnd      behind `user`            hostEnd    behind `host`    searchStart  at `?q`      hashStart  at `#f`
 */
export class UrlRecord {
  readonly href: string
  protocolEnd = 0
  userEnd = 0
  hostStart = 0
  hostEnd = 0
  pathStart = 0
  searchStart = 0
  hashStart = 0

  constructor(href: string) {
    this.href = href
  }

  get protocol(): string {
    return stringSlice(this.href, 0, this.protocolEnd)
  }

  get hostname(): string {
    return stringSlice(this.href, this.hostStart, this.hostEnd)
  }

  /** With `:` before it, '' if there is none. */
  get portPart(): string {
    const part = stringSlice(this.href, this.hostEnd, this.pathStart)
    // `/.` stands before a path that would else look like a host.
    return stringStartsWith(part, ':') ? part : ''
  }

  get username(): string {
    return this.hasAuthority ? stringSlice(this.href, this.protocolEnd + 2, this.userEnd) : ''
  }

  get password(): string {
    if (stringCharCodeAt(this.href, this.userEnd) !== colon || this.userEnd >= this.hostStart) return ''
    return stringSlice(this.href, this.userEnd + 1, this.hostStart - 1)
  }

  /** Whether `//` follows the scheme. */
  get hasAuthority(): boolean {
    return this.hostStart > this.protocolEnd
  }

  get pathname(): string {
    return stringSlice(this.href, this.pathStart, this.searchStart)
  }

  /** With `?`, '' if it is empty. */
  get search(): string {
    return this.hashStart - this.searchStart <= 1
      ? ''
      : stringSlice(this.href, this.searchStart, this.hashStart)
  }

  /** With `#`, '' if it is empty. */
  get hash(): string {
    return this.href.length - this.hashStart <= 1 ? '' : stringSlice(this.href, this.hashStart)
  }
}
