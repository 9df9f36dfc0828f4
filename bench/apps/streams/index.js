const chunk = new Uint8Array(64 * 1024).fill(120)

/** Counts what it gets, makes as much as it is asked for, or gives back what it gets. */
export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname === '/in') return Response.json(await count(request.body))
    if (pathname === '/out') return new Response(made(Number(searchParams.get('bytes'))))
    return new Response(request.body)
  },
}

async function count(body) {
  let bytes = 0
  for await (const part of body) bytes += part.byteLength
  return { bytes }
}

function made(bytes) {
  let left = bytes
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(chunk.subarray(0, Math.min(left, chunk.byteLength)))
      left -= chunk.byteLength
      if (left <= 0) controller.close()
    },
  })
}
