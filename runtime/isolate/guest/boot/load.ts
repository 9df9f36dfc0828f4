import { layerStep } from '../../abi.ts'
import { armWakeUp } from '../timer/turn.ts'
import { configure } from './configure.ts'
import { layers } from './layers.ts'
import { type Application, type EventHandler, type LoadedHook, loaded } from './loaded.ts'

interface Exports {
  readonly default?: Partial<Application & Hooks> | null
  readonly handler?: EventHandler
  readonly init?: unknown
  readonly shutdown?: unknown
  readonly scheduled?: unknown
}

type Hooks = Pick<Exports, 'init' | 'shutdown' | 'scheduled'>

/**
 * Takes the function's module, evaluated already, or now if it has layers. A second call replaces the first one's.
 *
 * @returns which export answers, '' if there is none, and which hooks there are: see `abi.ts`.
 */
export function load(module: unknown, config?: string, hasLayers?: boolean): string {
  if (config !== undefined) configure(config)
  const exports = (hasLayers ? layers(module as never, layerStep.evaluate) : module) as
    | Exports
    | null
    | undefined
  loaded.application = null
  loaded.handler = null
  // The module's top level may have set timers.
  armWakeUp()
  const hooks = takeHook(exports, 'init') + takeHook(exports, 'shutdown') + takeHook(exports, 'scheduled')
  const kind = takeHandler(exports)
  return kind === '' ? '' : kind + hooks
}

function takeHandler(exports: Exports | null | undefined): 'fetch' | 'handler' | 'scheduled' | '' {
  const application = exports?.default
  if (typeof application?.fetch === 'function') {
    loaded.application = application as Application
    return 'fetch'
  }
  const handler = exports?.handler
  if (typeof handler === 'function') {
    loaded.handler = handler
    return 'handler'
  }
  if (loaded.scheduled === null) return ''
  loaded.handler = () => require('../event-function/scheduled.ts').refuseEvent()
  return 'scheduled'
}

/** As a method of the default export if it is one, else as an export of its own. Returns what the host is told. */
function takeHook(exports: Exports | null | undefined, name: keyof Hooks): string {
  const self = exports?.default
  const method = self?.[name]
  const named = exports?.[name]
  const isMethod = typeof method === 'function'
  const call = isMethod ? method : named
  loaded[name] =
    typeof call === 'function'
      ? { self: isMethod ? self : undefined, call: call as LoadedHook['call'] }
      : null
  const sign = loaded[name] === null ? '!' : ''
  return (method ?? named) == null ? '' : `,${sign}${name}`
}
