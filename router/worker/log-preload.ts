import type { Logger } from 'pino'
import type { ErrorMapper, PreloadReport, VersionManifest } from '../../runtime/worker-side.ts'

/** Tells what layers wrote while a waiting isolate evaluated them, and why they cannot be evaluated there. */
export function logPreload(
  log: Logger,
  errors: ErrorMapper,
  { digest, failure, lines, droppedLines }: PreloadReport,
  manifest: VersionManifest,
): void {
  const { layers } = manifest
  if (lines.length > 0)
    log.info({ layers, layerScript: digest, lines, droppedLines }, 'layers wrote to the console')
  if (failure === null) return
  const reason =
    failure.kind === 'exception'
      ? errors.map(manifest, failure.error).stack || failure.error.message
      : failure.message
  log.warn(
    { layers, layerScript: digest, kind: failure.kind, reason },
    'layers cannot be evaluated in advance',
  )
}
