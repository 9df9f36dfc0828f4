/** How much of raw uWebSockets.js is left with the whole product around it: hello, one worker, one core. */
import { compareRivals } from './compare-rivals.ts'
import type { Report } from './report.ts'
import { isoletteHello } from './rivals/isolette.ts'
import { rawUws } from './rivals/raw-uws.ts'

export async function measure(): Promise<Report> {
  const { rows, share } = await compareRivals([isoletteHello, rawUws])
  return {
    rows,
    verdicts: [
      {
        asked: 'at least 0.55 of raw uWebSockets.js, one worker on one core, 32 connections',
        measured: share,
      },
    ],
  }
}
