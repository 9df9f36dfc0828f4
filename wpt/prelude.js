/**
 * What a test of web-platform-tests expects around itself besides the harness. The same for every target: evaluated
 * beside the test, in an instance or in Node. One expression; `test-program.ts` calls it and makes a function's
 * module of the answer, which runs the test when it is first asked.
 *
 * What the tests may patch is captured first: the answer is written when they are over.
 */
;({ url, source, files }) => {
  const { stringify } = JSON
  const { Response, fetch: ownFetch, setTimeout } = globalThis
  // biome-ignore lint/security/noGlobalEval: tests are scripts
  const evaluate = globalThis.eval
  const hasOwn = Object.hasOwn
  const define = (name, value, enumerable = true) =>
    Object.defineProperty(globalThis, name, { value, writable: true, enumerable, configurable: true })

  if (!('self' in globalThis)) define('self', globalThis)
  define('GLOBAL', { isWindow: () => false, isWorker: () => true, isShadowRealm: () => false })
  const [, origin, pathname, search] = /^([a-z]+:\/\/[^/]+)([^?]*)(.*)$/.exec(url)
  const [protocol, host] = origin.split('//')
  define('location', {
    href: url,
    origin,
    protocol,
    host,
    hostname: host,
    port: '',
    pathname,
    search,
    hash: '',
  })
  define('fetch', function fetch(input) {
    const text = typeof input === 'string' ? input : undefined
    if (text !== undefined && hasOwn(files, text)) return answerFile(files[text])
    // biome-ignore lint/complexity/noArguments: as many as were given
    const options = arguments[1]
    const isAborted = Boolean(options?.signal?.aborted ?? input?.signal?.aborted)
    // There is no server, and nothing may leave the machine.
    if (/^https?:/i.test(text ?? input?.url ?? input?.href ?? '') && !isAborted)
      return Promise.reject(new TypeError('These tests run without a server'))
    // biome-ignore lint/complexity/noArguments: as many as were given
    return ownFetch.apply(globalThis, arguments)
  })

  // A page resolves URLs against its own; servers have none.
  const { Request: OwnRequest, URL } = globalThis
  const construct = Reflect.construct
  const isRelative = (input) => typeof input === 'string' && !URL.canParse(input) && URL.canParse(input, url)
  const constructRequest = (target, args, newTarget) =>
    construct(target, isRelative(args[0]) ? [new URL(args[0], url).href, args[1]] : args, newTarget)
  define('Request', new Proxy(OwnRequest, { construct: constructRequest }), false)

  async function answerFile({ latin1, type }) {
    const bytes = new Uint8Array(latin1.length)
    for (let index = 0; index < latin1.length; index++) bytes[index] = latin1.charCodeAt(index)
    return new Response(bytes, { headers: { 'content-type': type } })
  }

  let harness = { status: 'not run', message: '' }
  let failure = null
  let subtests = []
  let isComplete = false
  let complete = () => {}
  const whenComplete = new Promise((resolve) => {
    complete = resolve
  })
  const harnessStatuses = ['ok', 'error', 'timeout', 'precondition failed']
  const subtestStatuses = ['pass', 'fail', 'timeout', 'not run', 'precondition failed']

  /** Called by the source, when the harness is there and before the test is. */
  define('__collectSubtests', () => {
    delete globalThis.__collectSubtests
    globalThis.add_completion_callback((tests, { status, message }) => {
      harness = { status: harnessStatuses[status] ?? String(status), message: message ?? '' }
      subtests = []
      for (let index = 0; index < tests.length; index++) {
        const { name, status: subtestStatus, message: reason } = tests[index]
        const result = { name, status: subtestStatuses[subtestStatus] ?? 'fail', message: reason ?? '' }
        subtests[index] = result
      }
      isComplete = true
      complete()
    })
  })

  async function run() {
    harness = { status: 'timeout', message: '' }
    try {
      evaluate(source)
    } catch (thrown) {
      failure = { status: 'error', message: String(thrown?.stack ?? thrown) }
      globalThis.done?.()
    }
    await whenComplete
  }

  /** The test did not come to its end: what it had until now. */
  async function giveUp() {
    globalThis.timeout?.()
    // Cleanups of tests that were given up may take a few turns.
    for (let turn = 0; turn < 10 && !isComplete; turn++)
      await new Promise((resolve) => setTimeout(resolve, 0))
  }

  return {
    default: {
      async fetch(request) {
        if (request.url.endsWith('/run')) await run()
        else if (!isComplete && harness.status !== 'not run') await giveUp()
        return new Response(stringify({ harness: failure ?? harness, subtests }))
      },
    },
  }
}
