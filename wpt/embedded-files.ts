import { type Checkout, pathOf } from './checkout.ts'

/** A file that a test may fetch. Strings of bytes are what crosses into an instance most easily. */
export interface EmbeddedFile {
  readonly latin1: string
  readonly type: string
}

const maxBytes = 4 * 2 ** 20

const types: Readonly<Record<string, string>> = {
  json: 'application/json',
  txt: 'text/plain',
  idl: 'text/plain',
  html: 'text/html',
  js: 'text/javascript',
  wasm: 'application/wasm',
}

/**
 * The files that a source names, by the names it uses: there is no server, so what a test fetches comes with it.
 * Strings that happen to be the name of a file do no harm.
 */
export function embedFiles(
  checkout: Checkout,
  testPath: string,
  source: string,
): Record<string, EmbeddedFile> {
  const files: Record<string, EmbeddedFile> = {}
  for (const [, , name] of source.matchAll(/(["'`])([\w./-]{1,200})\1/g)) {
    // `idl_test(['url'], ['html'])` stands for files of the folder of all interfaces.
    const candidates = /^[\w.-]+$/.test(name!) ? [name!, `/interfaces/${name}.idl`] : [name!]
    for (const candidate of candidates) {
      const path = pathOf(candidate, testPath)
      // What the server would run is no answer.
      if (candidate in files || path.endsWith('.py') || !checkout.has(path)) continue
      const bytes = checkout.readBytes(path)
      if (bytes.byteLength > maxBytes) continue
      const extension = path.slice(path.lastIndexOf('.') + 1)
      files[candidate] = { latin1: bytes.toString('latin1'), type: types[extension] ?? '' }
    }
  }
  return files
}
