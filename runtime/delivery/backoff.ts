import type { BackoffSettings } from '../model/async-settings.ts'

/** Lambda's figures for calls that nothing was wrong with. */
const firstSetbackMs = 1000
const longestSetbackMs = 300_000

/** How long to wait after the `failures`th attempt that failed (from 1), with `random` in 0..1. */
export function backoffMs(settings: BackoffSettings, failures: number, random: number): number {
  const wholeMs = Math.min(settings.maxMs, settings.initialMs * settings.factor ** (failures - 1))
  return settings.jitter === 'full' ? wholeMs * random : wholeMs
}

/** How long to wait after so many attempts in a row (from 1) that did not count. */
export function setbackMs(setbacks: number): number {
  return Math.min(longestSetbackMs, firstSetbackMs * 2 ** (setbacks - 1))
}
