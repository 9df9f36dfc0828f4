/**
 * `node steady-client.ts <url> <requests a second> <seconds>`: GETs at times that do not depend on how fast the answers come,
 * and prints how long they took.
 */
import { KeptConnection, rawRequest } from './kept-connection.ts'
import { ascending, quantile } from './report.ts'

const tickMs = 1

const [href = '', rateText = '', secondsText = ''] = process.argv.slice(2)
const url = new URL(href)
const request = rawRequest(url, 'GET', [])
const perMs = Number(rateText) / 1000
const totalMs = Number(secondsText) * 1000

const idle: KeptConnection[] = []
const tookMs: number[] = []
let failures = 0
let due = 0

async function sendOne(): Promise<void> {
  const connection = idle.pop() ?? new KeptConnection(url)
  const sentAtMs = performance.now()
  const status = await connection.send(request)
  tookMs.push(performance.now() - sentAtMs)
  if (status !== 200) failures++
  idle.push(connection)
}

const beganMs = performance.now()
const sent: Promise<void>[] = []
await new Promise<void>((resolve) => {
  const timer = setInterval(() => {
    const nowMs = performance.now()
    for (; due < totalMs * perMs && beganMs + due / perMs <= nowMs; due++) sent.push(sendOne())
    if (due < totalMs * perMs) return
    clearInterval(timer)
    resolve()
  }, tickMs)
})
await Promise.all(sent)
for (const connection of idle) connection.close()
const sorted = ascending(tookMs)
console.log(JSON.stringify({ p50Ms: quantile(sorted, 0.5), p99Ms: quantile(sorted, 0.99), failures }))
