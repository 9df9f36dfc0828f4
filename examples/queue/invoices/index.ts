interface Order {
  id: string
  total: number
}

interface Context {
  invocationId: string
  /** 1 for the first; more after one that failed, or that nobody knows to have ended. */
  attempt: number
  enqueuedAt: Date | null
}

/** Runs for each order, later. An attempt may come twice, so what it does elsewhere must be named after the order. */
export async function handler({ id, total }: Order, context: Context) {
  console.log(
    `invoice for order ${id}, attempt ${context.attempt}, enqueued ${context.enqueuedAt?.toISOString()}`,
  )
  return { invoice: `invoice-${id}`, total, attempt: context.attempt }
}
