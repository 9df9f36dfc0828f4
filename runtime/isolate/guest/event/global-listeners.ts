import { noteRejectionListeners } from '../host.ts'
import type { ListenerList } from './listener-list.ts'

/** The global's own listeners, null until somebody asks for them: until then nothing of events need be there. */
export const globalListeners: { list: ListenerList | null; readonly onChange: () => void } = {
  list: null,
  onChange: () => noteRejectionListeners(globalListeners.list!.has('unhandledrejection')),
}
