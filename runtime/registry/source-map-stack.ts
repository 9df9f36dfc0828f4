import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping'
import { LRUCache } from 'lru-cache'
import { ownNamespace } from './bundling/guest-module.ts'

/** A place in one of the author's files, both from 1, columns in UTF-16 units. */
export interface AuthorPosition {
  readonly file: string
  readonly line: number
  readonly column: number
}

/**
 * Puts the frames of a bundle into the author's files and lines, and leaves out those of the guest's bootstrap, which
 * tell the author nothing. What has no mapping stays as it is; so does the rest if the source map cannot be read. Never
 * throws, whatever a guest made of the stack.
 *
 * The last source maps are kept parsed. The first stack of a version costs the parsing, up to 60 ms for each MiB of source map.
 *
 * @param stack is cut after 16 384 characters
 * @param sourceMapJson source map of the script, version 3
 * @param filename under which that script was compiled; frames of others stay as they are
 */
export function mapStack(stack: string, sourceMapJson: string, filename: string = bundleFilename): string {
  const text = stack.slice(0, maxStackLength).replace(bootstrapFrame, '')
  if (!text.includes(filename)) return text
  const map = readSourceMap(sourceMapJson)
  if (map === null) return text
  return text.replace(framesOf(filename), (frame, line: string, column: string) => {
    const position = authorPosition(map, Number(line), Number(column))
    return position === null ? frame : `${position.file}:${position.line}:${position.column}`
  })
}

/**
 * The first frame of a stack that stands in one of the author's files, or in a file of a layer.
 *
 * @param sourceMapJson of the function's script
 * @param layersMapJson of its layers' script; null without one
 */
export function findAuthorPosition(
  stack: string,
  sourceMapJson: string,
  layersMapJson: string | null = null,
): AuthorPosition | null {
  const frames = stack.slice(0, maxStackLength).matchAll(framesOf(`(${bundleFilename}|${layersFilename})`))
  for (const [, filename, line, column] of frames) {
    const json = filename === layersFilename ? layersMapJson : sourceMapJson
    const map = json === null ? null : readSourceMap(json)
    if (map === null) continue
    const position = authorPosition(map, Number(line), Number(column))
    if (position !== null && !position.file.startsWith(`${ownNamespace}:`)) return position
  }
  return null
}

/** The name under which bundles are compiled. */
const bundleFilename = 'isolette:function'
/** And those of layers. */
const layersFilename = 'isolette:layers'
const bootstrapFrame = /\n {4}at [^\n]*isolette:bootstrap:[0-9]+:[0-9]+\)?(?=\n|$)/g
const maxStackLength = 16_384

const parsed = new LRUCache<string, { readonly map: TraceMap | null }>({
  maxSize: 32 * 1024 * 1024,
  sizeCalculation: (_, json) => json.length + 1,
})

function readSourceMap(json: string): TraceMap | null {
  const known = parsed.get(json)
  if (known !== undefined) return known.map
  const map = parse(json)
  parsed.set(json, { map })
  return map
}

function parse(json: string): TraceMap | null {
  try {
    const { version, sources, names, mappings } = JSON.parse(json)
    // Without `sourcesContent`, which is most of it and of no use here.
    return new TraceMap({ version, sources, names, mappings })
  } catch {
    return null
  }
}

function authorPosition(map: TraceMap, line: number, column: number): AuthorPosition | null {
  const found = originalPositionFor(map, { line, column: column - 1 })
  if (found.source === null) return null
  return { file: found.source, line: found.line, column: found.column + 1 }
}

function framesOf(filename: string): RegExp {
  return new RegExp(`${filename}:([1-9][0-9]{0,8}):([1-9][0-9]{0,8})(?![0-9])`, 'g')
}
