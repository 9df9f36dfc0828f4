/**
 * What packages of others find under the names of globals: they are written for a world that nobody patches, and
 * evaluated when the guest may have done so. The bundler imports from here what they do not declare.
 */
export {
  Array,
  ArrayBuffer,
  BigInt,
  Boolean,
  DataView,
  Date,
  Error,
  EvalError,
  Int32Array,
  Map,
  Number,
  Object,
  Promise,
  RangeError,
  ReferenceError,
  RegExp,
  Set,
  String,
  Symbol,
  SyntaxError,
  TypeError,
  Uint8Array,
  URIError,
} from '../primordials.ts'
export { queueMicrotask } from '../timer/microtask.ts'
