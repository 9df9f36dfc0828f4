interface Context {
  functionVersion: string
}

const primes: number[] = []
let requests = 0

/** Once in each instance, before its first request. */
export function init() {
  for (let number = 2; primes.length < 1000; number++) {
    if (!primes.some((prime) => number % prime === 0)) primes.push(number)
  }
}

/** When the instance goes. */
export function shutdown(ctx: Context) {
  console.log(`version ${ctx.functionVersion} answered ${requests} requests here`)
}

/** What `init` made, and how many requests there were, all requests of an instance share: others have their own. */
export default {
  fetch(): Response {
    requests++
    return Response.json({ requests, lastPrime: primes.at(-1) })
  },
}
