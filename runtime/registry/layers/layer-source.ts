/** A file that is to be part of a layer. */
export interface SourceFile {
  /** As in `LayerFile.path`. */
  readonly path: string
  /** @throws IsoletteError `bad_layer` if it cannot be read or is not what was said of it before */
  read(): Iterable<Uint8Array> | AsyncIterable<Uint8Array>
}

/** A zip or a folder whose names and announced sizes were all checked. The caller disposes it. */
export interface LayerSource extends Disposable {
  /** In order of their paths (by UTF-16 unit). */
  readonly files: readonly SourceFile[]
  /** What was left out, for people. */
  readonly warnings: readonly string[]
}

export function inOrder<File extends SourceFile>(files: readonly File[]): File[] {
  return files.toSorted((a, b) => (a.path < b.path ? -1 : 1))
}
