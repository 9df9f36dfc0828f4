import { type CipherGCMTypes, createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto'
import { exactBuffer } from '../ops/op-calls.ts'
import type { WebCryptoCall } from './call.ts'
import type { HostKey } from './keys.ts'

const tagBytes = 16
const ivBytes = 12

/**
 * AES-GCM with an initialization vector and a tag of the usual lengths, and AES-CBC. Undefined = to be done in the
 * usual way.
 */
export function encryptNow(call: WebCryptoCall, { keyObject }: HostKey): ArrayBuffer | undefined {
  const { data } = call
  if (isGcm(call)) {
    const { iv, additionalData } = gcmParameters(call)
    const cipher = createCipheriv(gcmName(keyObject), keyObject, iv, { authTagLength: tagBytes })
    if (additionalData !== undefined) cipher.setAAD(additionalData)
    const sealed = cipher.update(data)
    cipher.final()
    return joined(sealed, cipher.getAuthTag())
  }
  if (!isCbc(call)) return undefined
  const cipher = createCipheriv(`aes-${keyBits(keyObject)}-cbc`, keyObject, call.algorithm.iv as Uint8Array)
  return joined(cipher.update(data), cipher.final())
}

/** @throws Error if it was not encrypted so */
export function decryptNow(call: WebCryptoCall, { keyObject }: HostKey): ArrayBuffer | undefined {
  const { data } = call
  if (isGcm(call)) {
    if (data.byteLength < tagBytes) return undefined
    const { iv, additionalData } = gcmParameters(call)
    const decipher = createDecipheriv(gcmName(keyObject), keyObject, iv, { authTagLength: tagBytes })
    decipher.setAuthTag(data.subarray(-tagBytes))
    if (additionalData !== undefined) decipher.setAAD(additionalData)
    const opened = decipher.update(data.subarray(0, -tagBytes))
    return joined(opened, decipher.final())
  }
  if (!isCbc(call)) return undefined
  const decipher = createDecipheriv(
    `aes-${keyBits(keyObject)}-cbc`,
    keyObject,
    call.algorithm.iv as Uint8Array,
  )
  return joined(decipher.update(data), decipher.final())
}

function isGcm({ algorithm: { name, iv, tagLength = tagBytes * 8 } }: WebCryptoCall): boolean {
  return (
    name === 'AES-GCM' && tagLength === tagBytes * 8 && iv instanceof Uint8Array && iv.byteLength === ivBytes
  )
}

function isCbc({ algorithm: { name, iv } }: WebCryptoCall): boolean {
  return name === 'AES-CBC' && iv instanceof Uint8Array && iv.byteLength === 16
}

function gcmParameters({ algorithm }: WebCryptoCall) {
  return algorithm as unknown as {
    readonly iv: Uint8Array
    readonly additionalData?: Uint8Array
  }
}

function gcmName(key: KeyObject): CipherGCMTypes {
  return `aes-${keyBits(key)}-gcm` as CipherGCMTypes
}

function keyBits(key: KeyObject): number {
  return key.symmetricKeySize! * 8
}

function joined(start: Uint8Array, end: Uint8Array): ArrayBuffer {
  return exactBuffer(Buffer.concat([start, end]))
}
