import { collect, enter } from './entry.ts'
import './globals.ts'
import { load } from './load.ts'

export default { load, enter, collect }
