import type { BuildProblem } from '../runtime/index.ts'

/** Scripts may rely on these. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, unreachable: 3 } as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** Why a command ends: one line for a person, an exit code for a script. */
export class Failure extends Error {
  readonly code: string
  readonly exitCode: ExitCode
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    code: string,
    message: string,
    options: { readonly exitCode: ExitCode; readonly details?: Readonly<Record<string, unknown>> },
  ) {
    super(message)
    this.name = 'Failure'
    this.code = code
    this.exitCode = options.exitCode
    this.details = options.details ?? {}
  }
}

export function usageFailure(message: string): Failure {
  return new Failure('usage', message, { exitCode: exitCodes.usage })
}

/** Anything thrown, as a failure. Errors of the runtime have a code and details too; they are known by that. */
export function asFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown
  const { code, message, details, stack } = thrown as Partial<Failure>
  if (typeof code !== 'string' || !(thrown instanceof Error)) {
    return new Failure('internal_error', stack ?? String(thrown), { exitCode: exitCodes.failed })
  }
  const exitCode = code === 'bad_configuration' ? exitCodes.usage : exitCodes.failed
  return new Failure(code, message ?? '', { exitCode, details: details ?? {} })
}

/**
 * `isolette: <code>: <message>`. The message of a failed build is its first problem: the others follow, a line each.
 *
 * @param subject what failed, if the reader cannot know
 */
export function formatFailure(failure: Failure, subject?: string): string {
  const problems = failure.code === 'build_failed' ? (failure.details.problems as BuildProblem[]) : []
  const lines = problems.slice(1).map(({ file, line, column, message }) => {
    const place = line === null ? file : `${file}:${line}:${column}`
    return `  ${place}: ${message.replaceAll('\n', ' ')}`
  })
  const about = subject === undefined ? '' : `${subject}: `
  return [`isolette: ${failure.code}: ${about}${failure.message.replaceAll('\n', ' ')}`, ...lines].join('\n')
}
