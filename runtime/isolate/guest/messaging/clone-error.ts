import { DOMException } from '../event/dom-exception.ts'

/** `what` cannot be cloned. */
export function dataCloneError(what: string): DOMException {
  return new DOMException(`Cannot clone: ${what}`, 'DataCloneError')
}
