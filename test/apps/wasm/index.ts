/** WebAssembly as Workers import it: a module of the function's own, and a package's. */
import { ColorType, decode, encode } from '@cf-wasm/png'
import sumModule from './sum.wasm'

interface Sum {
  readonly memory: WebAssembly.Memory
  sum(at: number, count: number): number
  trap(): never
}

async function sumOf(bytes: Uint8Array): Promise<unknown> {
  const reported: number[] = []
  const report = (total: number): void => {
    reported.push(total)
  }
  const { exports } = await WebAssembly.instantiate(sumModule, { env: { report } })
  const { memory, sum, trap } = exports as unknown as Sum
  new Uint8Array(memory.buffer).set(bytes, 16)
  const total = sum(16, bytes.byteLength)
  let trapped = ''
  try {
    trap()
  } catch (error) {
    trapped = error instanceof WebAssembly.RuntimeError ? 'RuntimeError' : String(error)
  }
  return { total, reported, trapped, isModule: sumModule instanceof WebAssembly.Module }
}

/** An image of 2 × 1 pixels, as PNG and back. */
function image(): unknown {
  const png = encode(new Uint8Array([255, 0, 0, 255, 0, 128, 0, 64]), 2, 1, { color: ColorType.RGBA })
  const { width, height, image: pixels } = decode(png)
  return { signature: [...png.subarray(1, 4)], width, height, pixels: [...pixels] }
}

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url)
    return Response.json(pathname === '/wasm/png' ? image() : await sumOf(await request.bytes()))
  },
}
