/**
 * Runs every test below `test/`, or those whose path contains one of the arguments:
 * `npm test -- retry alias`.
 */
import { globSync } from 'node:fs'
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

run({ files, concurrency: 2, timeout: fileTimeoutMs, execArgv: ['--no-node-snapshot'] })
  .on('test:fail', () => {
    process.exitCode = 1
  })
  .compose(new spec())
  .pipe(process.stdout)
