/** From here on a stack holds the host's frames. */
const boundary = '\n    at (<isolated-vm boundary>)'

/** The host's modules are files. Where a guest's error has no stack that can be read, isolated-vm gives it that of the host. */
const hostFrames = /\n {4}at [^\n]*\b(?:file:\/\/|node:)[^\n]*/g

/**
 * Of an error that isolated-vm threw, what is the guest's own: the paths of the host's files are no business of it.
 *
 * @returns '' if the error did not come out of an isolate
 */
export function guestStackOf({ stack }: Error): string {
  const end = typeof stack === 'string' ? stack.indexOf(boundary) : -1
  return end === -1 ? '' : stack!.slice(0, end).replace(hostFrames, '')
}
