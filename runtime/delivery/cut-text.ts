/** The beginning of a text, at most so many bytes of it as UTF-8, and no half character. */
export function cutText(text: string, maxBytes: number): string {
  // No unit of UTF-16 takes more than three bytes, so that most texts need not be measured, and none less than one.
  if (text.length * 3 <= maxBytes) return text
  const head = text.slice(0, maxBytes)
  const bytes = Buffer.from(head)
  if (bytes.byteLength <= maxBytes) return head
  let end = maxBytes
  while ((bytes[end]! & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}
