/** Whether 100 000 deployed functions make a start or a change slower than one does. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { usualAsync } from '../runtime/model/async-settings.ts'
import { usualPool } from '../runtime/model/function.ts'
import { type Limits, limitBounds } from '../runtime/model/limits.ts'
import { computeVersionId } from '../runtime/model/version-id.ts'
import { type EmbeddedRegistry, openRegistry } from '../runtime/registry/embedded-registry.ts'
import type { Upload } from '../runtime/registry/registry.ts'
import { openRegistryView } from '../runtime/registry/registry-view.ts'
import { openArtifactStore } from '../runtime/registry/store/artifact-store.ts'
import { figureOf, quantile, type Report, type Row, round } from './report.ts'

const many = 100_000
const changes = 200

interface Samples {
  openMs: number
  viewMs: number
  firstLookupMs: number
  changeMs: number
}

export async function measure(): Promise<Report> {
  const dataDir = await mkdtemp(join(tmpdir(), 'isolette-bench-registry-'))
  try {
    await fill(dataDir, 0, 1)
    const few = await sample(dataDir, 0)
    await fill(dataDir, 1, many)
    const full = await sample(dataDir, many - 1)
    const rows: Row[] = [row('1 function', few), row(`${many.toLocaleString('en-US')} functions`, full)]
    return {
      rows,
      verdicts: [
        {
          asked: '100 000 deployed functions do not make a start or a change slow',
          measured: `start ${round(medianOf(full, 'openMs'))} ms against ${round(medianOf(few, 'openMs'))}, change ${round(medianOf(full, 'changeMs'))} ms against ${round(medianOf(few, 'changeMs'))}`,
        },
      ],
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function open(dataDir: string): Promise<EmbeddedRegistry> {
  const artifacts = openArtifactStore(join(dataDir, 'artifacts'))
  return openRegistry({ dataDir, artifacts, clock: Date.now })
}

async function fill(dataDir: string, from: number, to: number): Promise<void> {
  const registry = await open(dataDir)
  const batch = 1000
  for (let at = from; at < to; at += batch) {
    const size = Math.min(batch, to - at)
    const options = { publish: true, force: false }
    await Promise.all(
      Array.from({ length: size }, (_, index) => registry.deploy(uploadOf(at + index), options)),
    )
    if (at % 20_000 < batch) process.stderr.write(`${at + size} functions\n`)
  }
  await registry.close()
}

async function sample(dataDir: string, last: number): Promise<Samples[]> {
  const samples: Samples[] = []
  for (let round = 0; round < 7; round++) {
    const opening = performance.now()
    const registry = await open(dataDir)
    const openMs = performance.now() - opening
    const viewing = performance.now()
    const view = openRegistryView(dataDir)
    const viewMs = performance.now() - viewing
    const looking = performance.now()
    const found = view.findRoute('any', 'GET', `/${nameOf(last)}`)
    const firstLookupMs = performance.now() - looking
    if (found.kind !== 'found') throw new Error('The last function has no route')
    const changed: number[] = []
    for (let change = 0; change < changes; change++) {
      const began = performance.now()
      const weights = change % 2 === 0 ? [{ version: 1, weightUnits: 10_000 }] : []
      if (weights.length > 0) await registry.setAlias(nameOf(last), `canary-${round}-${change}`, weights)
      else await registry.removeAlias(nameOf(last), `canary-${round}-${change - 1}`, { force: false })
      changed.push(performance.now() - began)
    }
    const changeMs = quantile(
      changed.sort((a, b) => a - b),
      0.5,
    )
    samples.push({ openMs, viewMs, firstLookupMs, changeMs })
    await view.close()
    await registry.close()
  }
  return samples
}

function row(name: string, samples: readonly Samples[]): Row {
  const figure = (key: keyof Samples) => figureOf(samples.map((one) => one[key]))
  return {
    name,
    figures: {
      'open registry ms': figure('openMs'),
      'open view ms': figure('viewMs'),
      'first lookup ms': figure('firstLookupMs'),
      'change ms': figure('changeMs'),
    },
  }
}

function medianOf(samples: readonly Samples[], key: keyof Samples): number {
  return figureOf(samples.map((one) => one[key])).median
}

function nameOf(index: number): string {
  return `function-${index}`
}

function uploadOf(index: number): Upload {
  const digest = index.toString(16).padStart(64, '0')
  const limits = Object.fromEntries(
    Object.entries(limitBounds).map(([key, bound]) => [key, bound.default]),
  ) as unknown as Limits
  const content = { bundle: digest, handlerKind: 'fetch', limits, env: {}, layers: [] } as const
  return {
    name: nameOf(index),
    settings: {
      versionHeader: false,
      exposeErrors: false,
      async: usualAsync,
      triggers: [],
      pool: usualPool,
      egress: { allow: [], deny: [] },
    },
    routes: [],
    manifest: { versionId: computeVersionId(content), bundleBytes: 100, sourceMap: digest, ...content },
  }
}
