/** Modules that every request goes through. */
const everyRequest = [
  'configure',
  'current-request',
  'entry',
  'header-text',
  'headers',
  'host',
  'invocation',
  'load',
  'parts',
  'request',
  'response',
  'results',
  'send-response',
  'start',
  'turn',
]

const moduleStart = /^\/\/ .*\/([\w-]+)\.ts$/gm
const functionOfModule = /^((?:async )?function\*? ([\w$]+)\([\s\S]*?^\})$\n/gm

/**
 * Puts the functions of modules that every request goes through in parentheses: V8 takes that for a sign that they are
 * called at once, and compiles them with the script. So they come out of its code cache, not out of their source at an
 * instance's first request.
 */
export function compileWithScript(code: string): string {
  const pieces = code.split(moduleStart)
  // Names of modules and their code take turns.
  for (let index = 2; index < pieces.length; index += 2) {
    if (everyRequest.includes(pieces[index - 1]!))
      pieces[index] = pieces[index]!.replace(functionOfModule, 'var $2 = ($1);\n')
  }
  return pieces.filter((_, index) => index % 2 === 0).join('')
}
