import type { Body } from './body.ts'
import { plainText } from './extract-body.ts'
import { HeaderList } from './header-list.ts'

/** What a response is made of. Headers that only follow from the body stay a text until somebody looks at them. */
export class ResponseState {
  status = 200
  statusText = ''
  headers: HeaderList | null = null
  /** Implied by the body while `headers` is null. */
  contentType: string | null = null
  body: Body | null = null
  url = ''
  type: 'default' | 'basic' | 'error' = 'default'
  isRedirected = false
  isImmutable = false

  headerList(): HeaderList {
    if (this.headers === null) {
      this.headers = new HeaderList()
      if (this.contentType !== null) this.headers.append('content-type', this.contentType)
    }
    return this.headers
  }

  /** `name\nvalue\n…` */
  headerText(): string {
    if (this.headers !== null) return this.headers.toText()
    if (this.contentType === null) return ''
    return this.contentType === plainText ? plainTextHeader : `content-type\n${this.contentType}\n`
  }
}

const plainTextHeader = `content-type\n${plainText}\n`
