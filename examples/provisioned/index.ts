const loadedAtMs = Date.now()

/** Loaded before anybody asked: also the first request says that it had been ready for a while. */
export default {
  fetch(): Response {
    return Response.json({ readyForMs: Date.now() - loadedAtMs })
  },
}
