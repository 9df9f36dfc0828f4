import { collect, enter } from './invocation/entry.ts'
import './boot/globals.ts'
import { configure } from './boot/configure.ts'
import { load } from './boot/load.ts'

export default { configure, load, enter, collect }
