import { compareWithAims, percentOf } from './aims.ts'
import type { Comparison, Deviation, DirectoryFigures, KnownDeviation } from './comparison.ts'

/** The comparison as text for people. */
export function formatReport(comparison: Comparison): string {
  const { directories, unexpected, known, inNodeToo, unexpectedPasses } = comparison
  const all = [...directories, sumOf(directories)]
  const lines = [...table(all), '']
  if (unexpected.length > 0)
    lines.push(`Unexpected failures: ${unexpected.length}`, ...byFile(unexpected), '')
  if (unexpectedPasses.length > 0) {
    const passing = unexpectedPasses.map((one) => ({ ...one, message: '' }))
    lines.push(
      `Unexpected passes, to be taken out of the expectations: ${passing.length}`,
      ...byFile(passing),
      '',
    )
  }
  if (known.length > 0) lines.push(`Known failures: ${known.length}`, ...byReason(known), '')
  lines.push(
    `${unexpected.length} unexpected failures, ${known.length} known ones, ${inNodeToo.length} in Node too`,
  )
  return [...lines, ...compareWithAims(all)].join('\n')
}

function table(directories: readonly DirectoryFigures[]): string[] {
  const rows = directories.map((figures) => [
    figures.directory,
    String(figures.subtests),
    String(figures.passes),
    ...(figures.nodePasses === null
      ? []
      : [
          String(figures.nodePasses),
          String(figures.sharedPasses),
          percentOf(figures.sharedPasses, figures.nodePasses),
        ]),
  ])
  const head = ['', 'subtests', 'pass', 'pass in Node', 'of these pass', 'share'].slice(0, rows[0]!.length)
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  )
  return [head, ...rows].map((row) =>
    row
      .map((text, column) => (column === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[column]!)))
      .join('  '),
  )
}

function sumOf(directories: readonly DirectoryFigures[]): DirectoryFigures {
  const sum = { directory: 'all', subtests: 0, passes: 0, nodePasses: null as number | null, sharedPasses: 0 }
  for (const { subtests, passes, nodePasses, sharedPasses } of directories) {
    sum.subtests += subtests
    sum.passes += passes
    sum.sharedPasses += sharedPasses
    if (nodePasses !== null) sum.nodePasses = (sum.nodePasses ?? 0) + nodePasses
  }
  return sum
}

function byReason(known: readonly KnownDeviation[]): string[] {
  const reasons = Map.groupBy(known, ({ reason }) => reason)
  return Array.from(reasons, ([reason, { length }]) => `  ${String(length).padStart(4)}  ${reason}`)
}

function byFile(deviations: readonly Deviation[]): string[] {
  const lines: string[] = []
  let file = ''
  for (const { path, variant, subtest, message } of deviations) {
    if (path + variant !== file) lines.push(`  ${path}${variant}`)
    file = path + variant
    const [reason = ''] = message.split('\n')
    lines.push(`    ${oneLine(subtest)}${reason === '' ? '' : `\n      ${oneLine(reason)}`}`)
  }
  return lines
}

function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: names of subtests hold them
  return text.replace(/[\u0000-\u001f\u007f]/g, (unit) => JSON.stringify(unit).slice(1, -1)).slice(0, 300)
}
