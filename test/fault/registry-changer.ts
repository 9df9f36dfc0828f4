/** Run by registry-kill.test.ts: changes a registry as fast as it can, and tells the step after each change is on disk. */

import { openRegistry } from '../../runtime/registry/embedded-registry.ts'
import { openArtifactStore } from '../../runtime/registry/store/artifact-store.ts'
import { at, published, uploadOf } from '../registry/temporary-registry.ts'

const dataDir = process.argv[2]!
const artifacts = openArtifactStore(`${dataDir}/artifacts`)
const registry = await openRegistry({ dataDir, artifacts, clock: Date.now })

for (let step = registry.revision + 1; ; step++) {
  const version = Math.ceil(step / 2)
  const { delta } =
    step % 2 === 1
      ? await registry.deploy(uploadOf('hello', `c${version}`, { routes: [`/r${version}`] }), published)
      : await registry.setAlias('hello', 'beta', at(version))
  process.send?.({ step, revision: delta?.revision })
}
