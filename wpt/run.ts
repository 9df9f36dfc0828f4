/** `npm run wpt`: runs web-platform-tests in instances, and compares with what Node makes of them. */
import { fileURLToPath } from 'node:url'
import { help, readArguments } from './arguments.ts'
import { Checkout } from './checkout.ts'
import { compare } from './comparison.ts'
import { Expectations } from './expectations.ts'
import { Progress } from './progress.ts'
import { formatReport } from './report.ts'
import { type RanTest, runTests } from './run-tests.ts'
import type { TargetName } from './target.ts'
import { directories, planTests, type TestCase } from './test-plan.ts'

const expectationsPath = fileURLToPath(new URL('./expectations.jsonc', import.meta.url))

try {
  process.exitCode = await main()
} catch (error) {
  console.error(`wpt: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 2
}

async function main(): Promise<number> {
  const options = readArguments(process.argv.slice(2))
  if (options === null) {
    console.log(help)
    return 0
  }
  const checkout = new Checkout(options.checkout)
  const expectations = Expectations.read(expectationsPath)
  const tests = planTests(checkout, options.filters.length === 0 ? directories : options.filters)
  if (tests.length === 0)
    throw new Error(`Cannot find a test that begins with ${options.filters.join(' or ')}`)
  if (options.isList) {
    for (const { path, variant } of tests) console.log(path + variant)
    return 0
  }
  const run = (target: TargetName) => runWith(checkout, tests, target)
  const inNode = options.target === 'isolette' ? null : await run('node')
  const judged = options.target === 'node' ? inNode! : await run('isolette')
  const comparison = compare(
    judged,
    options.target === null ? inNode : null,
    options.target === 'node' ? new Expectations([]) : expectations,
  )
  console.log(options.isJson ? JSON.stringify(comparison, null, 2) : formatReport(comparison))
  return comparison.unexpected.length === 0 ? 0 : 1
}

async function runWith(
  checkout: Checkout,
  tests: readonly TestCase[],
  target: TargetName,
): Promise<RanTest[]> {
  const progress = new Progress(process.stderr, target, tests.length)
  const ran = await runTests(checkout, tests, { target, onDone: (one) => progress.note(one) })
  progress.end()
  return ran
}
