import { tagClass } from '../boot/class-tag.ts'
import { entangledPorts, type MessagePort } from './message-port.ts'

/** HTML's `MessageChannel`. */
export class MessageChannel {
  readonly #ports = entangledPorts()

  get port1(): MessagePort {
    return this.#ports.port1
  }

  get port2(): MessagePort {
    return this.#ports.port2
  }
}

tagClass(MessageChannel, 'MessageChannel')
