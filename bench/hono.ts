/** How much of Deno's own server is left for the same application of thirty Hono routes: one worker, one core. */
import { fileURLToPath } from 'node:url'
import { compareRivals } from './compare-rivals.ts'
import type { Report } from './report.ts'
import { denoServe } from './rivals/deno.ts'
import { isoletteServing } from './rivals/isolette.ts'

const app = fileURLToPath(new URL('./apps/hono-routes', import.meta.url))

export async function measure({ deno }: { readonly deno: string }): Promise<Report> {
  const rivals = [isoletteServing(app, '/'), denoServe(deno, `${app}/index.ts`)] as const
  const { rows, share } = await compareRivals(rivals, `${app}/requests.lua`)
  return {
    rows,
    verdicts: [
      { asked: 'at least 0.8 of Deno serve, one worker on one core, 32 connections', measured: share },
    ],
  }
}
