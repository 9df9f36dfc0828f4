/** `512 B`, `4.9 KiB`, `81 MiB`: two digits or more. */
export function formatSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  const units = ['KiB', 'MiB', 'GiB']
  let size = bytes / 1024
  let unit = 0
  // What would be shown as 1024.
  for (; size >= 1023.5 && unit < units.length - 1; unit += 1) size /= 1024
  return `${size < 9.95 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`
}
