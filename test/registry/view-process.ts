/** Run by two-processes.test.ts: a view in a process of its own, as a worker has it. */
import { existsSync } from 'node:fs'
import type { RegistryDelta } from '../../runtime/registry/registry.ts'
import { openRegistryView } from '../../runtime/registry/registry-view.ts'

export type ToViewProcess =
  | { readonly kind: 'apply'; readonly delta: RegistryDelta }
  | { readonly kind: 'look'; readonly name: string; readonly path: string }
  /** Reads, then holds the event loop until the file is there, then reads in the same turn. */
  | { readonly kind: 'hold'; readonly name: string; readonly untilFile: string; readonly thenName: string }

const view = openRegistryView(process.argv[2]!)

process.on('message', (order: ToViewProcess) => {
  switch (order.kind) {
    case 'apply':
      view.apply(order.delta)
      return process.send?.({ revision: view.revision })
    case 'look': {
      const lookup = view.findRoute('any', 'GET', order.path)
      const record = view.getFunction(order.name)
      const manifest = record === null ? null : view.getManifest(record.latest)
      return process.send?.({ route: lookup.kind, record, manifest })
    }
    case 'hold':
      view.getFunction(order.name)
      process.send?.({ holding: true })
      while (!existsSync(order.untilFile));
      return process.send?.({ record: view.getFunction(order.thenName) })
  }
})
process.send?.({ revision: view.revision })
