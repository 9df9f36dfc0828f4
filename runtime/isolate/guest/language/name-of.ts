/** What to call a value of the guest's in a message, when it is not what it must be. Reads nothing of it. */
export function nameOf(value: unknown): string {
  return value === null ? 'null' : typeof value === 'object' ? 'another object' : typeof value
}
