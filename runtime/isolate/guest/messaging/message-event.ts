import { tagClass } from '../boot/class-tag.ts'
import { dispatchOf, Event, type EventInit } from '../event/event.ts'
import { defineOwn } from '../language/define-own.ts'
import { newList } from '../language/list.ts'
import { needArguments, toDictionary, toSequence } from '../language/web-idl.ts'
import { freeze, TypeError } from '../primordials.ts'
import { isPort, type MessagePort } from './message-port.ts'

export interface MessageEventInit extends EventInit {
  data?: unknown
  origin?: string
  lastEventId?: string
  source?: MessagePort | null
  ports?: Iterable<MessagePort>
}

interface MessageDetails {
  readonly data: unknown
  readonly origin: string
  readonly lastEventId: string
  readonly source: MessagePort | null
  readonly ports: readonly MessagePort[]
}

/** The event of a message that has arrived. */
export let messageEvent: (data: unknown, ports: readonly MessagePort[]) => MessageEvent

/** HTML's `MessageEvent`. */
export class MessageEvent extends Event {
  #details: MessageDetails

  constructor(type: string, init?: MessageEventInit) {
    needArguments(arguments.length, 1, 'make an event')
    super(type, init)
    const { data, lastEventId, origin, ports, source } = toDictionary(init)
    this.#details = readDetails(data === undefined ? null : data, origin, lastEventId, source, ports)
  }

  get data(): unknown {
    return this.#details.data
  }

  get origin(): string {
    return this.#details.origin
  }

  get lastEventId(): string {
    return this.#details.lastEventId
  }

  get source(): MessagePort | null {
    return this.#details.source
  }

  get ports(): readonly MessagePort[] {
    return this.#details.ports
  }

  initMessageEvent(
    type: string,
    bubbles = false,
    cancelable = false,
    data: unknown = null,
    origin = '',
    lastEventId = '',
    source: MessagePort | null = null,
    ports: Iterable<MessagePort> | undefined = undefined,
  ): void {
    needArguments(arguments.length, 1, 'initialise an event')
    const { isDispatching } = dispatchOf(this)!
    this.initEvent(type, bubbles, cancelable)
    if (!isDispatching) this.#details = readDetails(data, origin, lastEventId, source, ports)
  }

  static {
    messageEvent = (data, ports) => {
      const event = new MessageEvent('message')
      event.#details = { ...event.#details, data, ports: frozenArray(ports) }
      return event
    }
  }
}

tagClass(MessageEvent, 'MessageEvent')

function readDetails(
  data: unknown,
  origin: unknown,
  lastEventId: unknown,
  source: unknown,
  ports: unknown,
): MessageDetails {
  const items = ports === undefined ? newList<unknown>() : toSequence(ports, 'ports')
  for (let index = 0; index < items.length; index++) {
    if (!isPort(items[index])) throw new TypeError('Cannot make an event: ports must be MessagePorts')
  }
  if (source !== undefined && source !== null && !isPort(source)) {
    throw new TypeError('Cannot make an event: source must be a MessagePort')
  }
  return {
    data,
    origin: origin === undefined ? '' : `${origin as string}`,
    lastEventId: lastEventId === undefined ? '' : `${lastEventId as string}`,
    source: source ?? null,
    ports: frozenArray(items as MessagePort[]),
  }
}

function frozenArray<Item>(items: readonly Item[]): readonly Item[] {
  const array: Item[] = []
  for (let index = 0; index < items.length; index++) defineOwn(array, index, items[index])
  return freeze(array)
}
