import {
  freeze,
  jsonParse,
  jsonStringify,
  stringSlice,
  stringStartsWith,
  TypeError,
  Uint8Array,
} from '../primordials.ts'
import { listLayers, readLayer } from './host-layers.ts'

const root = '/opt'
/** No path of a layer is as long, and copying a text to the host cannot be interrupted. */
const maxPathUnits = 4096

/** What `isolette:layers` exports. */
export interface LayerFiles {
  readFile(path: string): Uint8Array
  readText(path: string): string
  list(path: string): string[]
}

export const layerFiles: LayerFiles = freeze({ __proto__: null, readFile, readText, list } as LayerFiles)

/** The bytes of a file under `/opt`. */
function readFile(path: string): Uint8Array {
  return new Uint8Array(read(path, false) as ArrayBuffer)
}

/** The same, decoded as UTF-8, without a byte order mark. */
function readText(path: string): string {
  return read(path, true) as string
}

/** The names in a folder under `/opt`, sorted, those of folders with a slash at their end. */
function list(path: string): string[] {
  const names = listLayers(relative(path, 'list'))
  if (names === '') throw refusal(path, 'list', 'no layer has such a folder')
  return jsonParse(names) as string[]
}

function read(path: string, asText: boolean): ArrayBuffer | string {
  const answer = readLayer(relative(path, 'read'), asText)
  if (answer === undefined) throw refusal(path, 'read', 'no layer has such a file')
  if (typeof answer === 'number')
    throw refusal(path, 'read', `${answer} bytes, must be at most half of limits.memoryMiB`)
  return answer
}

/** Nothing is resolved in it: `..` is the name of no file. */
function relative(path: unknown, verb: string): string {
  if (typeof path !== 'string')
    throw new TypeError(`Cannot ${verb} a file: path is ${typeof path}, must be a string`)
  if (path === root) return ''
  if (!stringStartsWith(path, `${root}/`)) throw refusal(path, verb, `must be a path under ${root}`)
  if (path.length > maxPathUnits)
    throw refusal(path, verb, `a path of ${path.length} characters, must be at most ${maxPathUnits}`)
  const last = path.length - 1
  const isFolder = verb === 'list' && path[last] === '/'
  return stringSlice(path, root.length + 1, isFolder ? last : path.length)
}

function refusal(path: string, verb: string, problem: string): TypeError {
  return new TypeError(`Cannot ${verb} ${jsonStringify(stringSlice(path, 0, 200))}: ${problem}`)
}
