/** Lays out the layers it is given again and again, and says where. */
import { materializeLayers } from '../../../runtime/registry/layers/materialize-layers.ts'

const { layers, folders } = JSON.parse(process.argv[2]!)
let folder = ''
for (let round = 0; round < 20; round++) folder = await materializeLayers(layers, folders)
process.send!(folder)
