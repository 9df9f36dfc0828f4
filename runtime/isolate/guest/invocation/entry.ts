import { entryFrame } from '../../abi.ts'
import { noteAllStarted, noteStarting } from '../host.ts'
import { stringCharCodeAt, stringSlice } from '../primordials.ts'
import { armWakeUp, beginTurn, noteEntry, runNext } from '../timer/turn.ts'
import { setCurrentRequestId } from './current-request.ts'
import { abortInvocation, Invocation, setAttempt } from './invocation.ts'
import { rejectOp, resolveOp } from './pending-ops.ts'
import { takeResults } from './results.ts'
import { startEvent, startHttp } from './start.ts'

let meta = ''
let metaAt = 0
let text = ''
let textAt = 0

const comma = 44
const minus = 45
const zero = 48

function nextNumber(): number {
  let value = 0
  let sign = 1
  let at = metaAt
  for (; at < meta.length; at++) {
    const code = stringCharCodeAt(meta, at)
    if (code === comma) break
    if (code === minus) sign = -1
    else value = value * 10 + code - zero
  }
  metaAt = at + 1
  return sign * value
}

function nextText(length: number): string {
  const start = textAt
  textAt = start + length
  return stringSlice(text, start, textAt)
}

/** No request yet, while an entry is read. */
const nobody = -1

/** Takes one entry's frames (see `abi.ts`). What the handlers answer at once, and later, is written to `results.ts`. */
export function enter(entryMeta: string, entryText: string): void {
  meta = entryMeta
  metaAt = 0
  text = entryText
  textAt = 0
  noteEntry()
  // The one request that this entry is about, 0 if there are several.
  let owner = nobody
  while (metaAt < meta.length) {
    const requestId = takeFrame(nextNumber())
    owner = owner === nobody || owner === requestId ? requestId : 0
  }
  noteAllStarted()
  text = ''
  // Stays for the microtasks that follow, until `collect`.
  setCurrentRequestId(owner === nobody ? 0 : owner)
}

/** @returns the request that the frame is about, 0 if unknown. */
function takeFrame(frame: number): number {
  switch (frame) {
    case entryFrame.httpRequest:
      return takeHttpRequest()
    case entryFrame.directEvent:
      return takeEvent(false)
    case entryFrame.scheduledEvent:
      return takeEvent(true)
    case entryFrame.attempt:
      return takeAttempt()
    case entryFrame.opResolved: {
      const opId = nextNumber()
      return resolveOp(opId, nextText(nextNumber()))
    }
    case entryFrame.opRejected: {
      const opId = nextNumber()
      return rejectOp(opId, nextText(nextNumber()))
    }
    case entryFrame.timersDue:
      return beginTurn()
    case entryFrame.nextTask:
      return runNext()
    case entryFrame.unhandledRejection:
      require('../event/unhandled-rejection.ts').takeRejection(nextNumber, nextText)
      return 0
    case entryFrame.abort: {
      const requestId = nextNumber()
      const name = nextText(nextNumber())
      setCurrentRequestId(requestId)
      abortInvocation(requestId, name)
      return requestId
    }
    case entryFrame.lifecycle: {
      const requestId = nextNumber()
      setCurrentRequestId(requestId)
      void require('../lifecycle/run-hook.ts').runHook(requestId, nextNumber(), nextNumber())
      return requestId
    }
  }
  return 0
}

function takeHttpRequest(): number {
  const requestId = nextNumber()
  const methodLength = nextNumber()
  const urlLength = nextNumber()
  const headersLength = nextNumber()
  const body = nextNumber()
  const addressLength = nextNumber()
  const idLength = nextNumber()
  const remainingMs = nextNumber()
  const input = {
    method: nextText(methodLength),
    url: nextText(urlLength),
    headers: nextText(headersLength),
    body,
    clientAddress: nextText(addressLength),
  }
  const invocation = new Invocation(requestId, nextText(idLength), remainingMs)
  setCurrentRequestId(requestId)
  noteStarting()
  startHttp(invocation, input)
  return requestId
}

/** `isFiring`: of a trigger. */
function takeEvent(isFiring: boolean): number {
  const requestId = nextNumber()
  const jsonLength = nextNumber()
  const cronLength = isFiring ? nextNumber() : 0
  const scheduledTime = isFiring ? nextNumber() : 0
  const idLength = nextNumber()
  const remainingMs = nextNumber()
  const json = nextText(jsonLength)
  const cron = nextText(cronLength)
  const invocation = new Invocation(requestId, nextText(idLength), remainingMs)
  setCurrentRequestId(requestId)
  noteStarting()
  startEvent(invocation, json, isFiring ? { cron, scheduledTime } : null)
  return requestId
}

/** And the frame that follows. */
function takeAttempt(): number {
  nextNumber()
  const number = nextNumber()
  setAttempt({ number, enqueuedAtMs: nextNumber() })
  const requestId = takeFrame(nextNumber())
  setAttempt(null)
  return requestId
}

/** Called when the microtasks of an entry have run: what was answered, as frames; '' if nothing was. */
export function collect(): string {
  setCurrentRequestId(0)
  armWakeUp()
  return takeResults()
}
