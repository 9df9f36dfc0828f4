import { collect, enter } from './invocation/entry.ts'
import './boot/globals.ts'
import { configure } from './boot/configure.ts'
import { layers } from './boot/layers.ts'
import { load } from './boot/load.ts'

export default { configure, load, enter, collect, layers }
