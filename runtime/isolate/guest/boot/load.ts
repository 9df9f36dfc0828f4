import { armWakeUp } from '../timer/turn.ts'
import { type Application, type EventHandler, loaded } from './loaded.ts'

interface Exports {
  readonly default?: Partial<Application> | null
  readonly handler?: EventHandler
}

/**
 * Takes the function's module, already evaluated. A second call replaces the first one's.
 *
 * @returns which export answers, '' if there is none.
 */
export function load(exports: Exports | null | undefined): 'fetch' | 'handler' | '' {
  loaded.application = null
  loaded.handler = null
  // The module's top level may have set timers.
  armWakeUp()
  const application = exports?.default
  if (typeof application?.fetch === 'function') {
    loaded.application = application as Application
    return 'fetch'
  }
  const handler = exports?.handler
  if (typeof handler !== 'function') return ''
  loaded.handler = handler
  return 'handler'
}
