import assert from 'node:assert/strict'
import type { Limits } from '../../../runtime/model/limits.ts'
import { fetching, PoolFixture, type Settled, textOf } from '../../pool/pool-fixture.ts'

const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor as new (
  body: string,
) => () => Promise<unknown>

/** What the code of these tests may use. */
const tools = `
  const { subtle } = crypto
  const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('')
  const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16))
  const utf8 = (text) => new TextEncoder().encode(text)
  const failure = async (attempt) => { try { await attempt(); return 'none' } catch (error) { return error.name } }
`

/** Runs the body of an async function in an instance; what became of the request. */
export async function settle(body: string, limits: Partial<Limits> = {}): Promise<Settled> {
  await using fixture = new PoolFixture()
  const bundle = fetching(`${tools} return Response.json((await (async () => { ${body} })()) ?? null)`)
  const settled = await fixture.get(fixture.define({ bundle, limits: { cpuMs: 500, ...limits } }))
  assert.deepEqual(fixture.faults, [])
  return settled
}

/** Runs the body of an async function in an instance; what it returns, as JSON. */
export async function evaluate(body: string, limits?: Partial<Limits>): Promise<unknown> {
  return JSON.parse(textOf(await settle(body, limits)))
}

/** Runs the body of an async function in an instance and in Node: both must return the same. */
export async function assertLikeNode(body: string): Promise<void> {
  const expected = JSON.parse(JSON.stringify((await new AsyncFunction(tools + body)()) ?? null))
  assert.deepEqual(await evaluate(body), expected)
}
