/** Writes a line, or several, to stdout. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Writes a line to stderr: what is not the answer itself. */
export function printError(text: string): void {
  process.stderr.write(`${text}\n`)
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2))
}
