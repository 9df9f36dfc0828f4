import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { usualAsync } from '../../runtime/model/async-settings.ts'
import type { FunctionSettings } from '../../runtime/model/function.ts'
import { usualPool } from '../../runtime/model/function.ts'
import { limitBounds } from '../../runtime/model/limits.ts'
import { parseRoutePattern, type RouteSource } from '../../runtime/model/route-pattern.ts'
import type { VersionManifest } from '../../runtime/model/version.ts'
import { computeVersionId } from '../../runtime/model/version-id.ts'
import { type EmbeddedRegistry, openRegistry } from '../../runtime/registry/embedded-registry.ts'
import type { ArtifactStore, Upload } from '../../runtime/registry/registry.ts'
import { type CleanableArtifacts, openArtifactStore } from '../../runtime/registry/store/artifact-store.ts'

export interface TemporaryRegistry {
  readonly dataDir: string
  readonly artifacts: CleanableArtifacts
  readonly registry: EmbeddedRegistry
  readonly clock: { nowMs: number }
}

/** A data directory that goes when the test ends. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'isolette-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A registry that is closed when the test ends. */
export async function openTemporaryRegistry(t: TestContext, dataDir?: string): Promise<TemporaryRegistry> {
  const folder = dataDir ?? temporaryFolder(t)
  const clock = { nowMs: 1_000_000 }
  const artifacts = openArtifactStore(join(folder, 'artifacts'), () => clock.nowMs)
  const registry = await openRegistry({ dataDir: folder, artifacts, clock: () => clock.nowMs })
  t.after(() => registry.close())
  return { dataDir: folder, artifacts, registry, clock }
}

export const settings: FunctionSettings = {
  versionHeader: false,
  exposeErrors: false,
  async: usualAsync,
  triggers: [],
  pool: usualPool,
  egress: { allow: [], deny: [] },
}

/** A manifest whose content is told apart by `content`; its artifacts need not exist. */
export function manifestOf(
  content: string,
  artifacts?: { bundle: string; sourceMap: string },
): VersionManifest {
  const bundle = artifacts?.bundle ?? 'b'.repeat(64)
  const frozen = {
    bundle,
    handlerKind: 'fetch',
    limits: {
      cpuMs: limitBounds.cpuMs.default,
      timeoutMs: limitBounds.timeoutMs.default,
      streamIdleMs: limitBounds.streamIdleMs.default,
      memoryMiB: limitBounds.memoryMiB.default,
      maxRequestBodyBytes: limitBounds.maxRequestBodyBytes.default,
      subrequests: limitBounds.subrequests.default,
    },
    env: { CONTENT: content },
    layers: [],
  } as const
  const sourceMap = artifacts?.sourceMap ?? 'c'.repeat(64)
  return { ...frozen, versionId: computeVersionId(frozen), bundleBytes: 10, sourceMap }
}

export function uploadOf(
  name: string,
  content: string,
  options: { routes?: (string | RouteSource)[]; settings?: FunctionSettings } = {},
): Upload {
  return {
    name,
    settings: options.settings ?? settings,
    routes: (options.routes ?? []).map(parseRoutePattern),
    manifest: manifestOf(content),
  }
}

export const published = { publish: true, force: false } as const
export const at = (version: number) => [{ version, weightUnits: 10_000 }]
export const split = (first: number, second: number) => [
  { version: first, weightUnits: 9500 },
  { version: second, weightUnits: 500 },
]

/** Digests of all artifacts, sorted. */
export async function listArtifacts(artifacts: ArtifactStore): Promise<string[]> {
  const digests: string[] = []
  for await (const digest of artifacts.list()) digests.push(digest)
  return digests.sort()
}
