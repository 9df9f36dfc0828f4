/** `2026-11-21 18:00:05Z` */
export function formatDate(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19).replace('T', ' ')}Z`
}
