import { IsoletteError } from '../../model/errors.ts'

/** What is wrong with a function, in the author's files; line and column from 1, null where no place is to blame. */
export interface BuildProblem {
  /** Relative to the function's folder. */
  readonly file: string
  readonly line: number | null
  readonly column: number | null
  readonly message: string
}

const maxProblems = 20

/** The refusal of a function: its message is the first problem, `details.problems` has the first 20. */
export function buildFailed(problems: readonly BuildProblem[]): IsoletteError {
  return new IsoletteError('build_failed', formatProblem(problems[0]!), {
    details: { problems: problems.slice(0, maxProblems) },
  })
}

/** `main.ts:3:7: message` */
export function formatProblem({ file, line, column, message }: BuildProblem): string {
  return `${line === null ? file : `${file}:${line}:${column}`}: ${message}`
}
