/** Waits for work, but no longer than that; the work goes on. Rejects if the work does in time. */
export async function atMost(withinMs: number, work: Promise<unknown>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, withinMs)
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
