import { parseArgs } from 'node:util'
import type { TargetName } from './target.ts'
import { directories } from './test-plan.ts'

export interface Arguments {
  readonly checkout: string
  /** Beginnings of paths of tests. */
  readonly filters: readonly string[]
  /** Null = in instances and in Node, compared. */
  readonly target: TargetName | null
  readonly isJson: boolean
  readonly isList: boolean
}

export const help = `Usage: npm run wpt -- --wpt <checkout> [--filter <path>…] [--target isolette|node] [--json]

Runs .any.js tests of a checkout of web-platform-tests in instances and among Node's own globals, and tells what
passes in Node and not in an instance. Exits with 0 if each such subtest is listed in wpt/expectations.jsonc.

  --wpt <checkout>   folder of web-platform-tests
  --filter <path>    only tests whose path begins so; may be given again
  --target <name>    only "isolette", where every failure that is not listed is unexpected, or only "node"
  --list             print the tests instead of running them
  --json             print the result as JSON

Without --filter: ${directories.join(' ').replace(/(.{1,100})(?: |$)/g, '\n  $1')}
`

/** @throws Error with one line that says what is wrong; null = somebody asks for help */
export function readArguments(args: readonly string[]): Arguments | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      wpt: { type: 'string' },
      filter: { type: 'string', multiple: true },
      target: { type: 'string' },
      json: { type: 'boolean' },
      list: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) return null
  const { wpt, target } = values
  if (wpt === undefined) throw new Error('Cannot run without --wpt: must be a checkout of web-platform-tests')
  if (target !== undefined && target !== 'isolette' && target !== 'node')
    throw new Error(`Cannot use --target ${JSON.stringify(target)}: must be isolette or node`)
  return {
    checkout: wpt,
    filters: values.filter ?? [],
    target: target ?? null,
    isJson: values.json ?? false,
    isList: values.list ?? false,
  }
}
