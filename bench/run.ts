/**
 * `npm run bench -- <question> [--json] [--deno <path>] [--workerd <path>] [--calls <count>]`: answers one question with measured numbers.
 *
 * Each question is a file of this folder. Rivals run in fresh processes, in alternating order, in one run; figures are
 * medians with their spread. Machines differ and are noisy: compare ratios of one run, not numbers of two.
 */
import { parseArgs } from 'node:util'
import { describeMachine, printReport, type Report } from './report.ts'

interface Options {
  // Programs, for the questions that have them as rivals.
  readonly deno: string
  /** Undefined: it is left out. */
  readonly workerd: string | undefined
  /** That wait, for the question what they cost. */
  readonly calls: number
}

const questions: Record<
  string,
  { readonly what: string; readonly load: () => Promise<{ measure(options: Options): Promise<Report> }> }
> = {
  http: { what: 'hello over HTTP against raw uWebSockets.js', load: () => import('./http.ts') },
  hono: { what: 'a Hono application of 30 routes against Deno serve', load: () => import('./hono.ts') },
  stream: { what: '1 GiB in, out and through against raw uWebSockets.js', load: () => import('./stream.ts') },
  cold: { what: 'first request to a version that was never run', load: () => import('./cold.ts') },
  layers: { what: 'cold starts with lodash from a layer, and bundled', load: () => import('./layers.ts') },
  sweep: {
    what: '1 000 functions that were never run, one after the other',
    load: () => import('./sweep.ts'),
  },
  ephemeral: { what: 'an isolate for each invocation, on one core', load: () => import('./ephemeral.ts') },
  density: {
    what: 'memory of 1 000 resident hello instances, of 1 000 more after their eviction',
    load: () => import('./density.ts'),
  },
  async: { what: 'calls that nobody waits for: accepted, run, waiting', load: () => import('./async.ts') },
  registry: { what: 'a start and a change with 100 000 functions', load: () => import('./registry.ts') },
  entry: { what: 'one entry into an isolate by batch size, in process', load: () => import('./entry.ts') },
}

const { values: options, positionals } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    deno: { type: 'string', default: 'deno' },
    workerd: { type: 'string' },
    calls: { type: 'string', default: '1000000' },
  },
  allowPositionals: true,
})
const [name = ''] = positionals
const question = questions[name]
if (question === undefined) {
  const known = Object.entries(questions).map(([key, { what }]) => `  ${key.padEnd(10)}${what}`)
  console.error(
    [
      'Usage: npm run bench -- <question> [--json] [--deno <path>] [--workerd <path>] [--calls <count>]',
      '',
      ...known,
    ].join('\n'),
  )
  process.exit(2)
}

const { measure } = await question.load()
const { deno, workerd, calls } = options
const report = await measure({ deno, workerd, calls: Number(calls) })
if (options.json)
  console.log(JSON.stringify({ question: name, machine: describeMachine(), ...report }, null, 2))
else printReport(question.what, report)
