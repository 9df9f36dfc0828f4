/**
 * The same text in memory of its own. What V8 slices off a string keeps the whole of it alive, and what a guest sends
 * may be large: text of a guest that is to be kept goes through here. Lone surrogates stay as they are.
 */
export function ownCopy(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le')
}
