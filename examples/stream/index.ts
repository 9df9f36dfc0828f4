/** Ten events; the next is made when the one before has gone. */
function ticks(): ReadableStream<string> {
  let count = 0
  return new ReadableStream({
    async pull(controller) {
      if (count > 0) await new Promise((resolve) => setTimeout(resolve, 200))
      count++
      controller.enqueue(`data: ${count}\n\n`)
      if (count === 10) controller.close()
    },
    cancel: () => console.log('the client left'),
  })
}

function upperCase(): TransformStream<string, string> {
  return new TransformStream({
    transform: (text, controller) => controller.enqueue(text.toUpperCase()),
  })
}

export default {
  fetch(request: Request): Response {
    const { pathname } = new URL(request.url)
    if (pathname === '/stream/ticks') {
      const headers = { 'content-type': 'text/event-stream' }
      return new Response(ticks().pipeThrough(new TextEncoderStream()), { headers })
    }
    const { body } = request
    if (body === null) return new Response('send a body\n', { status: 400 })
    // The host passes the bytes on: the function takes no CPU for them, however many there are.
    if (pathname === '/stream/echo') return new Response(body)
    const text = body.pipeThrough(new TextDecoderStream()).pipeThrough(upperCase())
    return new Response(text.pipeThrough(new TextEncoderStream()))
  },
}
