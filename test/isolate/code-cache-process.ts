import ivm from 'isolated-vm'
import { LayerCodeCache, type ScriptWithCode } from '../../runtime/isolate/layers/layer-code-cache.ts'

/** Asks for many scripts' code in a folder; prints how many V8 takes. */
const folder = process.argv[2]!
const cache = new LayerCodeCache(folder)
let taken = 0
for (let index = 0; index < 20; index++) {
  const source = `((files) => ({ preload: [], require: () => ${index} }))`
  const cachedData = cache.codeOf(String(index), source)!
  const isolate = new ivm.Isolate({ memoryLimit: 16 })
  const script: ScriptWithCode = isolate.compileScriptSync(source, {
    filename: 'isolette:layers',
    cachedData,
  })
  if (script.cachedDataRejected === false) taken++
  isolate.dispose()
}
process.stdout.write(String(taken))
