interface OrderEvent {
  items?: { price: number; count: number }[]
}

interface Context {
  invocationId: string
  functionVersion: string
}

/** An event function, as Lambda's users write them: `isolette invoke event --event '{"items":[{"price":2,"count":3}]}'`. */
export async function handler(event: OrderEvent, context: Context) {
  const total = (event.items ?? []).reduce((sum, { price, count }) => sum + price * count, 0)
  console.log(`total ${total}`)
  return { total, invocationId: context.invocationId, version: context.functionVersion }
}
