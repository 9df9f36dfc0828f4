import { buildSync, transformSync } from 'esbuild'

/**
 * Bundles the guest's side into one strict script whose completion value is the default export of `entryPath`.
 *
 * Modules that the guest asks for by `require` are evaluated when they are first asked for. esbuild wraps these in
 * functions, and with them every module that they import, those that run in any case included: they would be compiled
 * anew in each isolate, for V8's code cache holds only what was compiled with the script. Here they are taken out of
 * their wrappers again. And what `require` returns, an object of getters, is cut out of the way: making and reading it
 * runs the bundler's code, which a guest could get in between.
 *
 * @throws Error if esbuild's output is not what this expects.
 */
export function bundleBootstrap(entryPath: string): string {
  const bundle = buildSync({
    entryPoints: [entryPath],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'bootstrap',
    target: 'esnext',
    platform: 'neutral',
    legalComments: 'none',
  }).outputFiles[0]!.text
  const script = placeFunctions(unwrapEagerModules(readExportsDirectly(evaluateAgain(bundle))))
  // `var bootstrap` must not become a global of the guest.
  const strict = `(() => { "use strict"; ${script} return bootstrap.default; })()`
  // Each isolate keeps its own copy of the source.
  return transformSync(strict, { minify: true, target: 'esnext' }).code
}

const evaluateOnce = /^ {2}var __esm = [\s\S]*?^ {2}\};\n/m

/**
 * A module whose evaluation failed is evaluated again when it is next asked for. It fails when a guest asks for it with
 * the stack used up; with esbuild's own `__esm` every later request of the instance would get that error.
 */
function evaluateAgain(bundle: string): string {
  if (!bundle.includes('__esm(')) return bundle
  if (!evaluateOnce.test(bundle)) throw unexpected('__esm')
  return bundle.replace(
    evaluateOnce,
    () => `  var __esm = (module) => () => {
    const evaluated = module;
    if (evaluated === null) return;
    module = null;
    try {
      evaluated[__getOwnPropNames(evaluated)[0]]();
    } catch (thrown) {
      module = evaluated;
      throw thrown;
    }
  };
`,
  )
}

const exportsObject = /^ {2}var (\w+_exports) = \{\};\n {2}__export\(\1, \{\n([^}]*)\n {2}\}\);\n/gm
const exportLine = /^ {4}(\w+): \(\) => (\w+),?$/gm
const requiredExport = /__toCommonJS\((\w+_exports)\)\.(\w+)/g

/** `(init_url(), __toCommonJS(url_exports)).URL` becomes `(init_url(), URL)`, or whatever the variable is called. */
function readExportsDirectly(bundle: string): string {
  const variables = new Map<string, string>()
  const withoutObjects = bundle.replace(exportsObject, (object, exports: string, lines: string) => {
    for (const [, name, variable] of lines.matchAll(exportLine))
      variables.set(`${exports}.${name}`, variable!)
    return exports === 'main_exports' ? object : ''
  })
  const direct = withoutObjects.replace(
    /\((init_\w+\(\)), __toCommonJS\((\w+_exports)\)\)\.(\w+)/g,
    (_, init: string, exports: string, name: string) => {
      const variable = variables.get(`${exports}.${name}`)
      if (variable === undefined) throw unexpected(`${name} of ${exports}`)
      return `(${init}, ${variable})`
    },
  )
  // The entry's own exports are what remains.
  if (direct.match(requiredExport) || direct.split('__toCommonJS(').length !== 2) throw unexpected('exports')
  return direct
}

const wrapper =
  /^ {2}var init_(\w+) = __esm\(\{\n {4}"[^"\n]+"\(\) \{\n(?: {6}"use strict";\n)?([\s\S]*?)^ {4}\}\n {2}\}\);\n/gm
const initOfModule = /^ {6}init_(\w+)\(\);\n/gm
const initOfScript = /^ {2}init_(\w+)\(\);\n/gm

/** Modules whose initialiser the script calls by itself stand where their wrapper stood: in order of evaluation. */
function unwrapEagerModules(bundle: string): string {
  const importsOf = new Map<string, string[]>()
  for (const [, name, body] of bundle.matchAll(wrapper)) {
    importsOf.set(
      name!,
      Array.from(body!.matchAll(initOfModule), (match) => match[1]!),
    )
  }
  const eager = new Set<string>()
  const pending = Array.from(bundle.matchAll(initOfScript), (match) => match[1]!)
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (eager.has(name)) continue
    eager.add(name)
    const imports = importsOf.get(name)
    if (imports === undefined) throw unexpected(`the wrapper of ${name}`)
    pending.push(...imports)
  }
  const dropEager = (call: string, name: string): string => (eager.has(name) ? '' : call)
  return bundle
    .replace(wrapper, (whole, name: string, body: string) => (eager.has(name) ? body : whole))
    .replace(initOfModule, dropEager)
    .replace(initOfScript, dropEager)
}

/** Modules that every request goes through. */
const everyRequest = [
  'current-request',
  'entry',
  'header-text',
  'headers',
  'host',
  'invocation',
  'load',
  'request',
  'response',
  'results',
  'send-response',
  'start',
  'timers',
]

const moduleStart = /^ {2}\/\/ .*\/([\w-]+)\.ts$/gm
const functionOfModule = /^ {2}((?:async )?function\*? (\w+)\([\s\S]*?^ {2}\})$\n/gm
const wrapperStart = /^ {2}var init_\w+ = __esm\(\{\n {4}"[^"\n]+"\(\) \{\n/m

/**
 * esbuild writes all functions of modules side by side. Those of a wrapped module go into its wrapper: what is never
 * asked for is not made either, 30 KB an isolate. Those of modules that every request goes through are put in
 * parentheses: V8 takes that for a sign that they are called at once, and compiles them with the script. So they come
 * out of its code cache, not out of their source at an instance's first request.
 */
function placeFunctions(bundle: string): string {
  const parts = bundle.split(moduleStart)
  // Names of modules and their code take turns.
  for (let index = 2; index < parts.length; index += 2) {
    const code = parts[index]!
    if (wrapperStart.test(code)) parts[index] = wrapFunctions(code)
    else if (everyRequest.includes(parts[index - 1]!)) {
      parts[index] = code.replace(functionOfModule, '  var $2 = ($1);\n')
    }
  }
  return parts.filter((_, index) => index % 2 === 0).join('')
}

function wrapFunctions(code: string): string {
  const names: string[] = []
  const assignments: string[] = []
  const rest = code.replace(functionOfModule, (_, source: string, name: string) => {
    names.push(name)
    assignments.push(`${name} = ${source};\n`)
    return ''
  })
  if (names.length === 0) return code
  const wrapped = rest.replace(wrapperStart, (start) => start + assignments.join(''))
  return `  var ${names.join(', ')};\n${wrapped}`
}

function unexpected(what: string): Error {
  return new Error(`Cannot bundle the guest: esbuild writes ${what} in another way than expected`)
}
