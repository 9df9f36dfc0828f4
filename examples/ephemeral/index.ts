let requests = 0

/** Each request has an instance of its own, which is disposed after it: nothing is left for the next, so this stays 1. */
export default {
  fetch(): Response {
    requests++
    return Response.json({ requests })
  },
}
