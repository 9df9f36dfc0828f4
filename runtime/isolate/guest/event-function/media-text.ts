import { mediaType } from '../fetch/header-parameter.ts'
import { stringEndsWith, stringStartsWith } from '../primordials.ts'

/** Whether bodies of that type stand in JSON as text; others as base64. */
export function isTextType(contentType: string): boolean {
  const type = mediaType(contentType)
  if (stringStartsWith(type, 'text/') || stringEndsWith(type, '+json') || stringEndsWith(type, '+xml'))
    return true
  switch (type) {
    case 'application/json':
    case 'application/javascript':
    case 'application/xml':
    case 'application/x-www-form-urlencoded':
      return true
  }
  return false
}
