import { CallDelivery } from '../../runtime/delivery/call-delivery.ts'
import type { AttemptResult, CallRunner, Delivery } from '../../runtime/delivery/call-runner.ts'
import type { DeliveryObserver } from '../../runtime/delivery/delivery-observer.ts'
import { type AsyncSettings, usualAsync } from '../../runtime/model/async-settings.ts'
import type { CallId, CallStatus } from '../../runtime/model/call.ts'
import { IsoletteError } from '../../runtime/model/errors.ts'
import type { VersionLabel } from '../../runtime/model/version.ts'
import { DurationHistogram } from '../../runtime/observe/duration-histogram.ts'
import type { NewCall } from '../../runtime/retry-log/retry-log.ts'
import { MemoryDisk, MemoryLog } from '../retry-log/memory-log.ts'
import { ManualTime, turn } from './manual-time.ts'

/** Attempts that end when the test says so, and how. */
export class ManualRunner implements CallRunner {
  capacity = 1000
  /** What runs, in the order in which it was given. */
  readonly running: { readonly delivery: Delivery; readonly end: (result: AttemptResult) => void }[] = []
  readonly begun: Delivery[] = []
  readonly stopped: CallId[] = []
  #onRoom: () => void = () => {}

  get room(): number {
    return this.capacity - this.running.length
  }

  onRoom(listener: () => void): void {
    this.#onRoom = listener
  }

  run(delivery: Delivery): Promise<AttemptResult> {
    const { promise, resolve } = Promise.withResolvers<AttemptResult>()
    const attempt = {
      delivery,
      end: (result: AttemptResult) => {
        const wasFull = this.room <= 0
        this.running.splice(this.running.indexOf(attempt), 1)
        resolve(result)
        if (wasFull) this.#onRoom()
      },
    }
    this.begun.push(delivery)
    this.running.push(attempt)
    return promise
  }

  stop(callId: CallId): void {
    this.stopped.push(callId)
  }

  /** A worker becomes ready that takes so many. */
  grow(capacity: number): void {
    this.capacity += capacity
    this.#onRoom()
  }

  /** Ends the one that has run for longest, and waits until that is known everywhere. */
  async end(result: AttemptResult): Promise<void> {
    this.running[0]!.end(result)
    await turn()
  }
}

/** Delivery over a log in memory, with everything around it in the hand of the test. */
export class DeliveryFixture {
  readonly time = new ManualTime()
  readonly disk: MemoryDisk
  readonly log: MemoryLog
  readonly runner = new ManualRunner()
  readonly settings = new Map<string, AsyncSettings>()
  /** By function and qualifier, as `name:qualifier`. */
  readonly versions = new Map<string, VersionLabel>()
  readonly events: unknown[][] = []
  readonly delivery: CallDelivery

  constructor(disk = new MemoryDisk()) {
    this.disk = disk
    this.log = new MemoryLog(this.time.nowMs, disk)
    this.deploy('hello')
    this.delivery = new CallDelivery({
      log: this.log,
      runner: this.runner,
      functions: {
        settingsOf: (name) => this.settings.get(name) ?? null,
        pick: (name, qualifier) => {
          const version = this.versions.get(`${name}:${qualifier}`)
          if (version !== undefined) return version
          throw new IsoletteError('function_not_found', `no function ${name}`)
        },
      },
      timers: this.time,
      random: () => 0.5,
      makeDurationCounter: () => new DurationHistogram(),
      observer: this.#observer(),
    })
  }

  readonly deploy = (
    name: string,
    settings: Partial<AsyncSettings> = {},
    version: VersionLabel = 3,
  ): void => {
    this.settings.set(name, { ...usualAsync, ...settings })
    this.versions.set(`${name}:live`, version)
  }

  static started(): DeliveryFixture {
    const fixture = new DeliveryFixture()
    fixture.delivery.start()
    return fixture
  }

  /** Appends a call as a worker does. */
  readonly append = async (more: Partial<NewCall> = {}): Promise<CallId> => {
    const { id } = await this.log.append({
      functionName: 'hello',
      qualifier: 'live',
      version: 3,
      event: { kind: 'direct', json: '{"n":1}' },
      depth: 0,
      source: 'http',
      parentId: null,
      callerId: null,
      delayMs: 0,
      ...more,
    })
    await turn()
    return id
  }

  readonly status = async (id: CallId): Promise<CallStatus> => (await this.log.get(id))!

  #observer(): DeliveryObserver {
    const note = (...event: unknown[]): void => {
      this.events.push(event)
    }
    return {
      decided: (call, { branch }) => note('decided', call.functionName, branch),
      destinationLost: (call, reference) => note('destinationLost', call.functionName, reference),
      logFailed: (failure) => note('logFailed', failure),
      fault: (error) => note('fault', String(error)),
      accepted: (source) => note('accepted', source),
      refused: (code) => note('refused', code),
    }
  }
}
