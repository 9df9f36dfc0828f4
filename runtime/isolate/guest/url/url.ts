import { tagClass } from '../boot/class-tag.ts'
import { needArguments } from '../language/web-idl.ts'
import { stringSlice, stringToWellFormed } from '../primordials.ts'
import { parse, parseOrThrow } from './url-parse.ts'
import type { UrlRecord } from './url-record.ts'
import type { URLSearchParams } from './url-search-params.ts'
import type { UrlComponent } from './url-setters.ts'

/** The URL standard's `URL`. */
export class URL {
  #record: UrlRecord
  #searchParams: URLSearchParams | null = null

  constructor(url: string, base: string | undefined = undefined) {
    needArguments(arguments.length, 1, 'make a URL')
    this.#record = parseOrThrow(toText(url), base === undefined ? undefined : toText(base))
  }

  static canParse(url: string, base: string | undefined = undefined): boolean {
    needArguments(arguments.length, 1, 'parse a URL')
    return parse(toText(url), base === undefined ? undefined : toText(base)) !== null
  }

  static parse(url: string, base: string | undefined = undefined): URL | null {
    needArguments(arguments.length, 1, 'parse a URL')
    const record = parse(toText(url), base === undefined ? undefined : toText(base))
    return record === null ? null : new URL(record.href)
  }

  get href(): string {
    return this.#record.href
  }

  set href(value: string) {
    this.#replace(parseOrThrow(toText(value)))
  }

  get origin(): string {
    const { protocol, hostname, portPart } = this.#record
    switch (protocol) {
      case 'http:':
      case 'https:':
      case 'ftp:':
      case 'ws:':
      case 'wss:':
        return `${protocol}//${hostname}${portPart}`
      case 'blob:': {
        const inner = parse(this.#record.pathname)
        return inner !== null && (inner.protocol === 'http:' || inner.protocol === 'https:')
          ? `${inner.protocol}//${inner.hostname}${inner.portPart}`
          : 'null'
      }
    }
    return 'null'
  }

  get protocol(): string {
    return this.#record.protocol
  }

  set protocol(value: string) {
    this.#set('protocol', value)
  }

  get username(): string {
    return this.#record.username
  }

  set username(value: string) {
    this.#set('username', value)
  }

  get password(): string {
    return this.#record.password
  }

  set password(value: string) {
    this.#set('password', value)
  }

  get host(): string {
    return this.#record.hostname + this.#record.portPart
  }

  set host(value: string) {
    this.#set('host', value)
  }

  get hostname(): string {
    return this.#record.hostname
  }

  set hostname(value: string) {
    this.#set('hostname', value)
  }

  get port(): string {
    return stringSlice(this.#record.portPart, 1)
  }

  set port(value: string) {
    this.#set('port', value)
  }

  get pathname(): string {
    return this.#record.pathname
  }

  set pathname(value: string) {
    this.#set('pathname', value)
  }

  get search(): string {
    return this.#record.search
  }

  set search(value: string) {
    this.#set('search', value)
  }

  get searchParams(): URLSearchParams {
    if (this.#searchParams === null) {
      this.#searchParams = require('../url/url-search-params.ts').queryParams((query) =>
        this.#setQuery(query),
      )
      this.#readParams()
    }
    return this.#searchParams
  }

  get hash(): string {
    return this.#record.hash
  }

  set hash(value: string) {
    this.#set('hash', value)
  }

  toString(): string {
    return this.#record.href
  }

  toJSON(): string {
    return this.#record.href
  }

  #set(component: UrlComponent, value: string): void {
    const changed = require('../url/url-setters.ts').urlSetters[component](this.#record, toText(value))
    if (changed !== null) this.#replace(changed)
  }

  #setQuery(query: string): void {
    this.#record = require('../url/url-setters.ts').urlSetters.search(this.#record, query) ?? this.#record
  }

  #replace(record: UrlRecord): void {
    this.#record = record
    if (this.#searchParams !== null) this.#readParams()
  }

  #readParams(): void {
    require('../url/url-search-params.ts').replaceParams(
      this.#searchParams!,
      stringSlice(this.#record.search, 1),
    )
  }
}

tagClass(URL, 'URL')

function toText(value: unknown): string {
  return stringToWellFormed(`${value as string}`)
}
