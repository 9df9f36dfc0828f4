import type { Checkout } from './checkout.ts'
import { readMetadata, type TestMetadata } from './test-metadata.ts'

/** One run of one test file. */
export interface TestCase {
  readonly path: string
  /** A query such as `?1-1000`, or ''. */
  readonly variant: string
  readonly metadata: TestMetadata
}

/** What is run unless somebody asks for something else: what the platform here is measured by. */
export const directories: readonly string[] = [
  'url/',
  'encoding/',
  'fetch/api/headers/',
  'fetch/api/request/',
  'fetch/api/response/',
  'fetch/api/body/',
  'fetch/api/abort/',
  'fetch/api/basic/',
  'streams/',
  'WebCryptoAPI/',
  'dom/abort/',
  'dom/events/',
  'FileAPI/',
  'html/webappapis/timers/',
  'html/webappapis/microtask-queuing/',
  'html/webappapis/structured-clone/',
  'html/webappapis/atob/',
  'compression/',
  'urlpattern/',
  'hr-time/',
  'console/',
]

/** What a server without a document is nearest to. Tests for windows or service workers alone are left out. */
const fittingGlobals = ['worker', 'dedicatedworker', 'sharedworker', 'shadowrealm', 'jsshell']

export function planTests(checkout: Checkout, prefixes: readonly string[]): TestCase[] {
  const paths = new Set(prefixes.flatMap((prefix) => checkout.testsUnder(prefix)))
  const cases: TestCase[] = []
  for (const path of paths) {
    const metadata = readMetadata(checkout.readText(path))
    if (!metadata.globals.some((one) => fittingGlobals.includes(one))) continue
    for (const variant of metadata.variants) cases.push({ path, variant, metadata })
  }
  return cases
}

/** What the figures are given by. */
export function directoryOf(path: string): string {
  return directories.find((one) => path.startsWith(one)) ?? path.slice(0, path.lastIndexOf('/') + 1)
}
