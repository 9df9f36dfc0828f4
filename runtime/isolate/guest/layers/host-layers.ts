import { op } from '../../abi.ts'
import { call } from '../host.ts'

/** What the layers have in a folder, as JSON; '' = there is no such folder. */
export function listLayers(folder: string): string {
  return call(op.listLayers, folder) as string
}

/** A file of the layers; undefined = there is none, a number = so many bytes, which is too much. */
export function readLayer(path: string, asText: boolean): ArrayBuffer | string | number | undefined {
  return call(op.readLayer, path, asText) as ArrayBuffer | string | number | undefined
}
