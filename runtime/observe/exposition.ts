import { durationBucketsSeconds, type HistogramData } from './metrics.ts'

/** Text exposition format, version 0.0.4. */
export const prometheusContentType = 'text/plain; version=0.0.4; charset=utf-8'

type Labels = Readonly<Record<string, string>>

/** Lines of the text format; samples belong to the family begun last. */
export class Exposition {
  readonly #lines: string[] = []
  #name = ''

  family(name: string, type: 'counter' | 'gauge' | 'histogram', help: string): void {
    this.#name = name
    this.#lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`)
  }

  sample(labels: Labels, value: number, suffix = ''): void {
    this.#lines.push(`${this.#name}${suffix}${formatLabels(labels)} ${value}`)
  }

  histogram(labels: Labels, data: HistogramData): void {
    let below = 0
    for (const [index, count] of data.counts.entries()) {
      below += count
      const bound = durationBucketsSeconds[index]
      this.sample({ ...labels, le: bound === undefined ? '+Inf' : String(bound) }, below, '_bucket')
    }
    this.sample(labels, data.sumSeconds, '_sum')
    this.sample(labels, below, '_count')
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n`
  }
}

function formatLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
