import type { DirectoryFigures } from './comparison.ts'

/** What share of the subtests that pass in Node must pass in an instance, in percent, by directory. */
const aims: readonly { readonly directory: string; readonly percent: number }[] = [
  { directory: 'all', percent: 98 },
  { directory: 'url/', percent: 99.5 },
  { directory: 'encoding/', percent: 99.5 },
  { directory: 'fetch/api/headers/', percent: 99.5 },
  { directory: 'html/webappapis/atob/', percent: 99.5 },
]

/** One line for each aim of which the figures tell something. */
export function compareWithAims(figures: readonly DirectoryFigures[]): string[] {
  return aims.flatMap(({ directory, percent }) => {
    const found = figures.find((one) => one.directory === directory)
    if (found === undefined || found.nodePasses === null || found.nodePasses === 0) return []
    const { nodePasses, sharedPasses } = found
    const isReached = sharedPasses * 100 >= nodePasses * percent
    return [
      `${directory}: ${percentOf(sharedPasses, nodePasses)}, ${isReached ? '' : 'not '}the ${percent} % aimed at`,
    ]
  })
}

/** Rounded down: 100 % means all. */
export function percentOf(part: number, whole: number): string {
  return whole === 0 ? '–' : `${(Math.floor((part / whole) * 10_000) / 100).toFixed(2)} %`
}
