import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A new folder that goes with the test. */
export function temporaryDirectory(t: { after(done: () => void): void }): string {
  const path = mkdtempSync(join(tmpdir(), 'isolette-test-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}
