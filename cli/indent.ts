/** Each line of the text four spaces to the right. */
export function indent(text: string): string {
  return `    ${text.replaceAll('\n', '\n    ')}`
}
