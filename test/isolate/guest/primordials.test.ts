import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'esbuild'

const folder = fileURLToPath(new URL('../../../runtime/isolate/guest', import.meta.url))

/** What is in the bootstrap after the two that run first. `modules` is bundled into functions, and theirs. */
const files = globSync('**/*.ts', { cwd: folder })
  .filter((file) => !/^modules\/|^primordials\.ts$|^boot\/counted-buffers\.ts$|\.d\.ts$/.test(file))
  .map((file) => join(folder, file))

/** All that is on the global of a bare isolate, but for values that nobody can replace. */
const names = Object.getOwnPropertyNames(globalThis).filter(
  (name) => !['undefined', 'NaN', 'Infinity', 'require'].includes(name),
)
/** Stands for a global in the output, for names that are not imported or declared. */
const define = Object.fromEntries(names.map((name) => [name, `unbound_${name}`]))

it('the bootstrap reads globals only through primordials.ts', () => {
  for (const file of files) {
    const { code } = transformSync(readFileSync(file, 'utf8'), { loader: 'ts', define })
    assert.deepEqual(new Set(code.match(/unbound_\w+/g)), new Set(), basename(file))
  }
})

it('the bootstrap calls methods of the language only as functions of its own', () => {
  // Names of the language's methods that the bootstrap's own classes do not have.
  const methods =
    /\.(charCodeAt|indexOf|split|toLowerCase|startsWith|replace|replaceAll|match|matchAll|push|pop|shift|unshift|splice|map|filter|reduce|join|includes|then|catch|finally|call|apply|bind|hasOwnProperty|subarray|fill|test|exec|toFixed|padStart|trim)\(/
  for (const file of files) {
    const { code } = transformSync(readFileSync(file, 'utf8'), { loader: 'ts' })
    assert.equal(code.match(methods)?.[0], undefined, basename(file))
  }
})
