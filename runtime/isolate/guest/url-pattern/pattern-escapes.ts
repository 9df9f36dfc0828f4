import { stringIndexOf } from '../primordials.ts'

/** A regular expression that matches just this text. */
export function escapeRegExp(text: string): string {
  return escape(text, '$.+*?^{}()[]|/\\')
}

/** A pattern that matches just this text. */
export function escapePattern(text: string): string {
  return escape(text, '+*?:{}()\\')
}

function escape(text: string, special: string): string {
  let escaped = ''
  for (let index = 0; index < text.length; index++) {
    const unit = text[index]!
    escaped += stringIndexOf(special, unit) === -1 ? unit : `\\${unit}`
  }
  return escaped
}
