import { tagClass } from '../boot/class-tag.ts'
import { Event } from '../event/event.ts'
import { dispatchTo, EventTarget, hasListeners, listenersOf } from '../event/event-target.ts'
import { currentRequestId } from '../invocation/current-request.ts'
import { newList } from '../language/list.ts'
import { needArguments, toDictionary, toSequence } from '../language/web-idl.ts'
import { iterator, TypeError } from '../primordials.ts'
import { queueTask } from '../timer/task-queue.ts'
import { dataCloneError } from './clone-error.ts'
import { registerTransferable } from './clone-registry.ts'
import { cloneWithTransfer } from './structured-clone.ts'

/** A message that has not arrived. */
interface Message {
  readonly value: unknown
  readonly ports: readonly MessagePort[]
  /** Who sent it. */
  readonly requestId: number
  next: Message | null
}

/** Given to the constructor by the bootstrap, which no guest can name. */
const internal = { __proto__: null }

export let isPort: (value: unknown) => value is MessagePort
export let entangledPorts: () => { readonly port1: MessagePort; readonly port2: MessagePort }

/** HTML's `MessagePort`, between ports of one instance. */
export class MessagePort extends EventTarget {
  #other: MessagePort | null = null
  /** Messages that wait: for the port to be started, or for their turn. */
  #first: Message | null = null
  #last: Message | null = null
  #isStarted = false
  #isDetached = false
  readonly #deliver = (): void => this.#deliverFirst()

  constructor(key?: unknown) {
    if (key !== internal) throw new TypeError('Illegal constructor')
    super()
  }

  postMessage(message: unknown, options?: Iterable<object> | { transfer?: Iterable<object> }): void {
    needArguments(arguments.length, 1, 'post a message')
    const transfer = readTransfer(options)
    let isDoomed = false
    for (let index = 0; index < transfer.length; index++) {
      if (transfer[index] === this) throw dataCloneError('the port that the message is posted to')
      // It would arrive nowhere.
      if (transfer[index] === this.#other) isDoomed = true
    }
    const { value, transferred } = cloneWithTransfer(message, transfer)
    const target = this.#other
    if (target === null || isDoomed) return
    const ports = newList<MessagePort>()
    for (let index = 0; index < transferred.length; index++) {
      const object = transferred[index]
      if (isPort(object)) ports[ports.length] = object
    }
    target.#receive({ value, ports, requestId: currentRequestId(), next: null })
  }

  start(): void {
    if (this.#isStarted || this.#isDetached) return
    this.#isStarted = true
    for (let message = this.#first; message !== null; message = message.next) this.#schedule(message)
  }

  close(): void {
    this.#isDetached = true
    const other = this.#other
    if (other === null) return
    this.#other = other.#other = null
    queueTask(currentRequestId(), () => {
      if (hasListeners(other, 'close')) dispatchTo(other, new Event('close'))
    })
  }

  get onmessage(): unknown {
    return listenersOf(this).handlerOf('message')
  }

  set onmessage(handler: unknown) {
    listenersOf(this).setHandler('message', handler)
    this.start()
  }

  get onmessageerror(): unknown {
    return listenersOf(this).handlerOf('messageerror')
  }

  set onmessageerror(handler: unknown) {
    listenersOf(this).setHandler('messageerror', handler)
  }

  get onclose(): unknown {
    return listenersOf(this).handlerOf('close')
  }

  set onclose(handler: unknown) {
    listenersOf(this).setHandler('close', handler)
  }

  #receive(message: Message): void {
    if (this.#last === null) this.#first = message
    else this.#last.next = message
    this.#last = message
    if (this.#isStarted) this.#schedule(message)
  }

  #schedule(message: Message): void {
    queueTask(message.requestId, this.#deliver)
  }

  #deliverFirst(): void {
    const message = this.#first
    // The port was moved meanwhile, and what waited with it.
    if (message === null) return
    this.#first = message.next
    if (message.next === null) this.#last = null
    if (!hasListeners(this, 'message')) return
    dispatchTo(this, require('../messaging/message-event.ts').messageEvent(message.value, message.ports))
  }

  #moveTo(port: MessagePort): void {
    port.#other = this.#other
    if (this.#other !== null) this.#other.#other = port
    port.#first = this.#first
    port.#last = this.#last
    this.#other = this.#first = this.#last = null
    this.#isDetached = true
  }

  static {
    isPort = (value): value is MessagePort => typeof value === 'object' && value !== null && #other in value
    entangledPorts = () => {
      const port1 = new MessagePort(internal)
      const port2 = new MessagePort(internal)
      port1.#other = port2
      port2.#other = port1
      return { port1, port2 }
    }
    registerTransferable({
      is: isPort,
      isDetached: (port) => (port as MessagePort).#isDetached,
      transfer: (port) => {
        const moved = new MessagePort(internal)
        ;(port as MessagePort).#moveTo(moved)
        return moved
      },
    })
  }
}

tagClass(MessagePort, 'MessagePort')

/** The second argument of `postMessage` is the list itself, or options that hold it. */
function readTransfer(
  options: Iterable<object> | { transfer?: Iterable<object> } | undefined,
): readonly unknown[] {
  const isObject = (typeof options === 'object' && options !== null) || typeof options === 'function'
  if (isObject && (options as Iterable<object>)[iterator] !== undefined)
    return toSequence(options, 'transfer')
  const { transfer } = toDictionary(options as { transfer?: Iterable<object> } | undefined)
  return transfer === undefined ? newList() : toSequence(transfer, 'transfer')
}
