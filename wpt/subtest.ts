/** What became of one subtest, in the harness's words. */
export type SubtestStatus = 'pass' | 'fail' | 'timeout' | 'not run' | 'precondition failed'

export interface Subtest {
  readonly name: string
  readonly status: SubtestStatus
  /** Why it failed; '' if it passed. */
  readonly message: string
}

/** What became of one test: a file with one of its variants. */
export interface TestResult {
  /** `ok`, `error` and `timeout` are the harness's; `killed` = the instance was ended, `crashed` = its process died. */
  readonly status: 'ok' | 'error' | 'timeout' | 'precondition failed' | 'not run' | 'killed' | 'crashed'
  readonly message: string
  readonly subtests: readonly Subtest[]
}

/** Reads what `prelude.js` answers. @throws SyntaxError if a test broke even that. */
export function readAnswer(json: string): TestResult {
  const { harness, subtests } = JSON.parse(json)
  return { ...harness, subtests: subtests.map(readSubtest) }
}

function readSubtest({ name, status, message }: Record<string, unknown>): Subtest {
  return { name: String(name), status: String(status) as SubtestStatus, message: String(message) }
}
