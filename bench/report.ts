import { cpus, totalmem } from 'node:os'

/** One measured figure over all rounds. */
export interface Figure {
  readonly median: number
  readonly min: number
  readonly max: number
}

export interface Row {
  readonly name: string
  readonly figures: Readonly<Record<string, Figure | number | string>>
}

export interface Report {
  readonly rows: readonly Row[]
  /** What was asked for beside what was measured. */
  readonly verdicts: readonly { readonly asked: string; readonly measured: string }[]
}

export function figureOf(samples: readonly number[]): Figure {
  const sorted = [...samples].sort((a, b) => a - b)
  if (sorted.length === 0) throw new RangeError('Cannot take the median of no samples')
  return { median: quantile(sorted, 0.5), min: sorted[0]!, max: sorted.at(-1)! }
}

/** Of samples in any order. */
export function median(samples: readonly number[]): number {
  return quantile(ascending(samples), 0.5)
}

export function ascending(samples: readonly number[]): number[] {
  return [...samples].sort((a, b) => a - b)
}

/** Nearest rank of ascending samples. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!
}

export function describeMachine(): Record<string, string | number> {
  const [first] = cpus()
  return {
    cpu: first?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    v8: process.versions.v8,
    platform: `${process.platform} ${process.arch}`,
  }
}

export function printReport(title: string, report: Report): void {
  console.log(title)
  console.log(Object.values(describeMachine()).join(' · '))
  console.log()
  const columns = [...new Set(report.rows.flatMap((row) => Object.keys(row.figures)))]
  const table = [
    ['', ...columns],
    ...report.rows.map((row) => [row.name, ...columns.map((key) => show(row.figures[key]))]),
  ]
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)))
  for (const row of table)
    console.log(row.map((text, column) => pad(text, widths[column]!, column)).join('   '))
  if (report.verdicts.length > 0) console.log()
  for (const { asked, measured } of report.verdicts) console.log(`asked: ${asked}\n  got: ${measured}`)
}

function pad(text: string, width: number, column: number): string {
  return column === 0 ? text.padEnd(width) : text.padStart(width)
}

function show(figure: Figure | number | string | undefined): string {
  if (figure === undefined) return '–'
  if (typeof figure === 'string') return figure
  if (typeof figure === 'number') return round(figure)
  return `${round(figure.median)} (${round(figure.min)}–${round(figure.max)})`
}

export function round(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString('en-US')
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}
