/**
 * Runs every test below `test/`, or those whose path contains one of the arguments:
 * `npm test -- retry alias`.
 */
import { globSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'

const filters = process.argv.slice(2)
const files = globSync('test/**/*.test.ts')
  .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)))
  .sort()

if (files.length === 0) {
  console.error(`No test file matches ${filters.map((filter) => JSON.stringify(filter)).join(', ')}`)
  process.exit(1)
}

/**
 * A server or child that a failed test left open keeps its file from ending. Not `--test-force-exit`: it ends a file
 * before all its results are written, and those are then missing without a word.
 */
const fileTimeoutMs = 180_000

/** Runs the files and prints the results; returns those in which a test failed. */
async function runFiles(paths: readonly string[], concurrency: number): Promise<string[]> {
  const failed = new Set<string>()
  const results = run({
    files: paths,
    concurrency,
    timeout: fileTimeoutMs,
    execArgv: ['--no-node-snapshot'],
  })
  results.on('test:fail', ({ file, name }) => failed.add(file ?? name))
  await pipeline(results.compose(new spec()), process.stdout, { end: false })
  return [...failed]
}

let failed = await runFiles(files, 2)
if (failed.length > 0) {
  // Tests with real processes are late where others take the machine's cores: alone, what is broken fails again.
  console.log(`Again, one at a time:\n${failed.join('\n')}`)
  failed = await runFiles(failed, 1)
}
if (failed.length > 0) process.exitCode = 1
