import type { Expectations } from './expectations.ts'
import type { RanTest } from './run-tests.ts'
import { directoryOf } from './test-plan.ts'

/** A subtest that does not do what it should. */
export interface Deviation {
  readonly path: string
  readonly variant: string
  readonly subtest: string
  readonly message: string
}

export interface KnownDeviation extends Deviation {
  readonly reason: string
}

/** Subtests of one directory. */
export interface DirectoryFigures {
  readonly directory: string
  subtests: number
  /** Pass in the target that was run, or in instances if both were. */
  passes: number
  /** Pass in Node; null if it was not run. */
  nodePasses: number | null
  /** Of those that pass in Node, pass in instances. */
  sharedPasses: number
}

export interface Comparison {
  readonly directories: readonly DirectoryFigures[]
  readonly unexpected: readonly Deviation[]
  readonly known: readonly KnownDeviation[]
  /** Fail in Node as well. */
  readonly inNodeToo: readonly Deviation[]
  /** Listed by name in the expectations, and pass. */
  readonly unexpectedPasses: readonly Deviation[]
}

interface Seen {
  readonly path: string
  readonly variant: string
  readonly subtest: string
  isPass: boolean
  message: string
}

/** Sorts out what became of the tests: `ran` in the target that is judged, `inNode` in Node, if that was run too. */
export function compare(
  ran: readonly RanTest[],
  inNode: readonly RanTest[] | null,
  expectations: Expectations,
): Comparison {
  const seen = subtestsOf(ran)
  const seenInNode = inNode === null ? null : subtestsOf(inNode)
  addMissing(seen, seenInNode, ran)
  const directories = new Map<string, DirectoryFigures>()
  const comparison = { unexpected: [], known: [], inNodeToo: [], unexpectedPasses: [] } as {
    unexpected: Deviation[]
    known: KnownDeviation[]
    inNodeToo: Deviation[]
    unexpectedPasses: Deviation[]
  }
  for (const [key, { isPass, ...deviation }] of seen) {
    const { path, subtest } = deviation
    const figures = figuresOf(directories, directoryOf(path), seenInNode !== null)
    const isNodePass = seenInNode?.get(key)?.isPass ?? false
    figures.subtests++
    if (isNodePass) figures.nodePasses = (figures.nodePasses ?? 0) + 1
    if (isPass) {
      figures.passes++
      if (isNodePass) figures.sharedPasses++
      if (expectations.names(path, subtest)) comparison.unexpectedPasses.push(deviation)
      continue
    }
    const reason = expectations.reasonFor(path, subtest)
    if (seenInNode !== null && !isNodePass) comparison.inNodeToo.push(deviation)
    else if (reason !== null) comparison.known.push({ ...deviation, reason })
    else comparison.unexpected.push(deviation)
  }
  return { directories: [...directories.values()], ...comparison }
}

/** By test and name; names that a test gives twice are counted. */
function subtestsOf(ran: readonly RanTest[]): Map<string, Seen> {
  const seen = new Map<string, Seen>()
  for (const { test, result } of ran) {
    const { path, variant } = test
    for (const { name, status, message } of result.subtests) {
      let key = `${path}${variant}\n${name}`
      while (seen.has(key)) key += '\n'
      const reason = status === 'fail' ? message : `${status}${message === '' ? '' : `: ${message}`}`
      seen.set(key, { path, variant, subtest: name, isPass: status === 'pass', message: reason })
    }
    if (result.subtests.length === 0) {
      const message = `${result.status}: ${result.message}`
      seen.set(`${path}${variant}`, { path, variant, subtest: '(no subtest)', isPass: false, message })
    }
  }
  return seen
}

/** What there is in Node alone failed: the test did not come that far. */
function addMissing(
  seen: Map<string, Seen>,
  inNode: Map<string, Seen> | null,
  ran: readonly RanTest[],
): void {
  if (inNode === null) return
  const results = new Map(ran.map(({ test, result }) => [test.path + test.variant, result]))
  for (const [key, one] of inNode) {
    if (seen.has(key)) continue
    const result = results.get(one.path + one.variant)
    seen.set(key, { ...one, isPass: false, message: `missing (${result?.status}: ${result?.message})` })
  }
}

function figuresOf(
  directories: Map<string, DirectoryFigures>,
  directory: string,
  isNodeKnown: boolean,
): DirectoryFigures {
  const known = directories.get(directory)
  if (known !== undefined) return known
  const nodePasses = isNodeKnown ? 0 : null
  const figures = { directory, subtests: 0, passes: 0, nodePasses, sharedPasses: 0 }
  directories.set(directory, figures)
  return figures
}
