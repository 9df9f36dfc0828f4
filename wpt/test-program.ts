import { readFileSync } from 'node:fs'
import { type Checkout, harnessPath, pathOf } from './checkout.ts'
import { type EmbeddedFile, embedFiles } from './embedded-files.ts'
import type { TestCase } from './test-plan.ts'

const prelude = readFileSync(new URL('./prelude.js', import.meta.url), 'utf8')

/** Where the server of web-platform-tests finds what tests name otherwise. */
const aliases: Readonly<Record<string, string>> = {
  'resources/WebIDLParser.js': 'resources/webidl2/lib/webidl2.js',
}

const idlHarness = 'resources/idlharness.js'
/** `idlharness.js` takes the interfaces for tested from the kind of global, and knows none like these. */
const pretendWindow = 'self.Window = Object.getPrototypeOf(globalThis).constructor;'

/**
 * The script that is a test: its completion value is the module of a function which runs the harness, the test's
 * helpers and the test itself when it is asked for `/run`, and answers what became of the subtests as JSON.
 */
export function composeProgram(checkout: Checkout, { path, variant, metadata }: TestCase): string {
  const test = checkout.readText(path)
  const scripts = metadata.scripts.map((script) => pathOf(script, path))
  const sources = scripts.map((script) => {
    const file = aliases[script] ?? script
    return checkout.has(file) ? checkout.readText(file) : ''
  })
  const files: Record<string, EmbeddedFile> = {}
  for (const text of [test, ...sources]) Object.assign(files, embedFiles(checkout, path, text))
  const parts = [
    // A script is strict as a whole: in a page only the test itself would be.
    isStrict(test) ? '"use strict";' : '',
    checkout.readText(harnessPath),
    '__collectSubtests();',
    scripts.includes(idlHarness) ? pretendWindow : '',
    ...sources,
    test,
  ]
  const page = path.replace(/\.js$/, '.worker.html')
  const options = { url: `http://web-platform.test/${page}${variant}`, source: parts.join('\n;'), files }
  return `(${prelude.slice(prelude.indexOf(';(') + 1).trimEnd()})(${asExpression(options)})`
}

function isStrict(source: string): boolean {
  return /^(?:\s|\/\/.*\n|\/\*[\s\S]*?\*\/)*(['"])use strict\1/.test(source)
}

/** JSON is an expression, but for the name that sets a prototype. */
function asExpression(value: unknown): string {
  return `JSON.parse(${JSON.stringify(JSON.stringify(value))})`
}
