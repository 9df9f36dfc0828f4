export default {
  fetch(): Response {
    return new Response('Hello from isolette\n')
  },
}
