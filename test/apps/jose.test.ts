import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { RunningApp } from './running-app.ts'

let app: RunningApp
before(async () => {
  app = await RunningApp.start('jose')
})
after(() => app[Symbol.asyncDispose]())

async function get(path: string) {
  const { status, text } = await app.call(path)
  assert.equal(status, 200, text)
  return JSON.parse(text)
}

describe('jose signs, verifies, and refuses what was changed, issued by another, or is expired', () => {
  const keyTypes = { HS256: 'oct', RS256: 'RSA', PS384: 'RSA', ES256: 'EC', ES512: 'EC', EdDSA: 'OKP' }
  for (const [alg, kty] of Object.entries(keyTypes)) {
    it(alg, async () => {
      assert.deepEqual(await get(`/jose/sign?alg=${alg}`), {
        kty,
        header: { alg, kid: 'one' },
        role: 'admin',
        forged: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
        otherIssuer: 'ERR_JWT_CLAIM_VALIDATION_FAILED',
        expired: 'ERR_JWT_EXPIRED',
      })
    })
  }
})

describe('jose encrypts, decrypts, and refuses what was tampered with', () => {
  for (const [alg, enc] of [
    ['dir', 'A256GCM'],
    ['A256KW', 'A128CBC-HS256'],
    ['RSA-OAEP-256', 'A256GCM'],
    ['ECDH-ES+A128KW', 'A128GCM'],
    ['ECDH-ES', 'A256CBC-HS512'],
  ]) {
    it(`${alg} with ${enc}`, async () => {
      assert.deepEqual(await get(`/jose/encrypt?alg=${encodeURIComponent(alg!)}&enc=${enc}`), {
        parts: 5,
        text: 'attack at dawn',
        tampered: 'ERR_JWE_DECRYPTION_FAILED',
      })
    })
  }
})

it('jose verifies a token that was signed elsewhere', async () => {
  // Of RFC 7515's Appendix A the idea, of jwt.io the token.
  const token =
    'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c'
  const { status, text } = await app.call('/jose/verify?secret=your-256-bit-secret', {
    method: 'POST',
    body: token,
  })
  assert.deepEqual([status, JSON.parse(text).name], [200, 'John Doe'])
})

it('jose hashes a key to the thumbprint that RFC 7638 gives', async () => {
  const { text } = await app.call('/jose/thumbprint', {
    method: 'POST',
    body: JSON.stringify({
      kty: 'RSA',
      n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
      e: 'AQAB',
    }),
  })
  assert.equal(text, 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs')
})
