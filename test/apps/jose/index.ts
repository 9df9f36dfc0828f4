import {
  base64url,
  CompactEncrypt,
  calculateJwkThumbprint,
  compactDecrypt,
  createLocalJWKSet,
  errors,
  exportJWK,
  generateKeyPair,
  generateSecret,
  importJWK,
  jwtVerify,
  SignJWT,
} from 'jose'

const encoder = new TextEncoder()

/** Signs with a new key of `alg`, reads the public key back from a JWK set, verifies, then tries what must be refused. */
async function signAndVerify(alg: string): Promise<unknown> {
  const isSecret = alg.startsWith('HS')
  const pair = isSecret ? null : await generateKeyPair(alg, { extractable: true })
  const secret = isSecret ? await generateSecret(alg, { extractable: true }) : null
  const token = await new SignJWT({ role: 'admin' })
    .setProtectedHeader({ alg, kid: 'one' })
    .setIssuedAt(1_700_000_000)
    .setIssuer('isolette')
    .setExpirationTime(4_000_000_000)
    .sign(pair?.privateKey ?? secret!)
  const jwk = await exportJWK(pair?.publicKey ?? secret!)
  const key = isSecret
    ? await importJWK({ ...jwk, alg })
    : createLocalJWKSet({ keys: [{ ...jwk, alg, kid: 'one' }] })
  const verify = (text: string, options = {}) =>
    typeof key === 'function' ? jwtVerify(text, key, options) : jwtVerify(text, key, options)
  const { payload, protectedHeader } = await verify(token, { issuer: 'isolette' })
  const [head, , signature] = token.split('.')
  const forged = `${head}.${base64url.encode(JSON.stringify({ ...payload, role: 'root' }))}.${signature}`
  return {
    kty: jwk.kty,
    header: protectedHeader,
    role: payload.role,
    forged: await codeOf(verify(forged)),
    otherIssuer: await codeOf(verify(token, { issuer: 'somebody' })),
    expired: await codeOf(verify(token, { currentDate: new Date(4_000_000_001_000) })),
  }
}

async function codeOf(verified: Promise<unknown>): Promise<string> {
  try {
    await verified
    return 'accepted'
  } catch (error) {
    return error instanceof errors.JOSEError ? error.code : String(error)
  }
}

async function encryptAndDecrypt(alg: string, enc: string): Promise<unknown> {
  const key = alg === 'dir' ? crypto.getRandomValues(new Uint8Array(32)) : null
  const pair = alg === 'dir' || alg.startsWith('A') ? null : await generateKeyPair(alg)
  const secret = alg.startsWith('A') ? await generateSecret(alg) : null
  const jwe = await new CompactEncrypt(encoder.encode('attack at dawn'))
    .setProtectedHeader({ alg, enc })
    .encrypt(pair?.publicKey ?? secret ?? key!)
  const open = async (text: string) => {
    const { plaintext } = await compactDecrypt(text, pair?.privateKey ?? secret ?? key!)
    return new TextDecoder().decode(plaintext)
  }
  const parts = jwe.split('.')
  const tag = base64url.decode(parts[4]!)
  tag[0]! ^= 1
  return {
    parts: parts.length,
    text: await open(jwe),
    tampered: await codeOf(open([...parts.slice(0, 4), base64url.encode(tag)].join('.'))),
  }
}

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    const alg = searchParams.get('alg') ?? ''
    switch (pathname) {
      case '/jose/sign':
        return Response.json(await signAndVerify(alg))
      case '/jose/encrypt':
        return Response.json(await encryptAndDecrypt(alg, searchParams.get('enc') ?? ''))
      case '/jose/verify':
        return Response.json(
          (await jwtVerify(await request.text(), encoder.encode(searchParams.get('secret')!))).payload,
        )
      case '/jose/thumbprint':
        return new Response(await calculateJwkThumbprint(await request.json()))
    }
    return new Response(null, { status: 404 })
  },
}
