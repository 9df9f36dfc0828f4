import { createHmac } from 'node:crypto'

/**
 * The value of `x-isolette-signature`, by which a receiver knows who sent it and when: HMAC-SHA256, with the destination's
 * secret as key, of the seconds since 1970, a dot, and the body as it was sent.
 */
export function postSignature(secret: string, body: string, wallMs: number): string {
  const seconds = Math.floor(wallMs / 1000)
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`
}
