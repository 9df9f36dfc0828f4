import {
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
} from '../primordials.ts'

/** The language's constructor for errors of that name; `Error` if it has none of its own. */
export function errorConstructor(name: string): ErrorConstructor {
  switch (name) {
    case 'EvalError':
      return EvalError
    case 'RangeError':
      return RangeError
    case 'ReferenceError':
      return ReferenceError
    case 'SyntaxError':
      return SyntaxError
    case 'TypeError':
      return TypeError
    case 'URIError':
      return URIError
  }
  return Error
}
