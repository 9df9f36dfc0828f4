/** What esbuild writes for a module whose exports nobody knows before it is evaluated. */
const openExports = '__reExport('
const list = /\nexport \{\n([^{}]*)\n\};\n(\}\)(?:\(\))?\n)$/
const commonJs = /\nexport default (require_[\w$]+\(\));\n(\}\)(?:\(\))?\n)$/

/**
 * Puts a `return` in the place of the `export` that ends an ES module as esbuild writes it, which stands between a
 * function's first line and its last: what it returns is an object of the exports.
 *
 * A cold start evaluates a script when little of V8 is in the processor's caches, and each step costs ten times what it
 * costs later. esbuild's own scripts make of the exports an object with getters, and copy that: a fifth of a millisecond
 * (`docs/measurements.md`).
 *
 * @returns null if the exports are not all known
 */
export function returnExports(code: string): string | null {
  if (code.includes(openExports)) return null
  if (commonJs.test(code)) return code.replace(commonJs, '\nreturn $1;\n$2')
  const exported = list.exec(code)
  // Without any it ends as it is, and returns nothing.
  if (exported === null) return code
  const properties = exported[1]!.split(',\n').map(propertyOf)
  return code.replace(list, () => `\nreturn { ${properties.join(', ')} };\n${exported[2]}`)
}

/** `local as name`, or `name` alone. */
function propertyOf(line: string): string {
  const [, local, name] = /^ *([^\s]+)(?: as (.+))?$/.exec(line)!
  return `${name ?? local}: ${local}`
}
