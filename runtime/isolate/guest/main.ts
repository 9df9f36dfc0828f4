import { collect, enter } from './invocation/entry.ts'
import './boot/globals.ts'
import { load } from './boot/load.ts'

export default { load, enter, collect }
