/**
 * What comes next. Beside the running version 1, which keeps 95 of 100 requests:
 *
 *   isolette deploy examples/canary/version-2.ts --name canary --no-publish
 *   isolette publish canary
 *   isolette alias set canary live 1=0.95 2=0.05
 */
export default {
  fetch: () => new Response('two\n'),
}
