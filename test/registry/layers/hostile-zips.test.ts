import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { crc32, deflateRawSync } from 'node:zlib'
import { packLayer } from '../../../runtime/registry/layers/pack-layer.ts'
import { readZip } from '../../../runtime/registry/layers/zip-reading.ts'
import { TemporaryFolder } from '../temporary-folder.ts'
import { type CraftedZip, craftZip } from './crafted-zip.ts'

const MiB = 1024 * 1024
const sound = { name: 'nodejs/sound.js', content: 'sound' }
const link = { content: '/etc/passwd', mode: 0o120777 }

function named(...names: (string | Buffer)[]): CraftedZip {
  return { entries: [sound, ...names.map((name) => ({ name, content: 'x' }))] }
}

/** Refused by the central directory and the headers alone. */
const foundBefore: Readonly<Record<string, readonly [zip: CraftedZip, message: RegExp]>> = {
  'an absolute path': [named('/etc/passwd'), /"\/etc\/passwd": an absolute path, must be relative/],
  'the path of a drive': [named('C:/x'), /"C:\/x": an absolute path/],
  'a path out of the layer': [named('../x'), /"\.\.\/x": a path with "\.\."/],
  'a path out and in again': [named('a/../../x'), /"a\/\.\.\/\.\.\/x": a path with "\.\."/],
  'two dots after ./': [named('./../x'), /"\.\.\/x": a path with "\.\."/],
  'a folder out of the layer': [{ entries: [{ name: '../' }] }, /"\.\.": a path with/],
  'a path out of what is left out': [named('__MACOSX/../../x'), /"__MACOSX\/\.\.\/\.\.\/x": a path with/],
  'a dot in a path': [named('a/./x'), /"a\/\.\/x": a path with "\." or nothing/],
  'two slashes': [named('a//x'), /"a\/\/x": a path with "\." or nothing/],
  'a backslash': [named('a\\..\\x'), /"a\\\\\.\.\\\\x": a name with a backslash/],
  'a NUL byte': [named('a.js\0.png'), /a name with a NUL byte/],
  'a line feed': [named('a\nb'), /"a\\nb": a name with a control character/],
  'no name': [named(''), /"": an empty name/],
  'a name that is not UTF-8': [
    named(Buffer.from([0x61, 0xff, 0x62])),
    /"aÿb": a name that is no Unicode text/,
  ],
  'a surrogate in a name': [named(Buffer.from([0x61, 0xed, 0xa0, 0x80])), /a name that is no Unicode text/],
  'a long path': [named(`${'x/'.repeat(600)}x`), /a path of 1201 bytes, must be at most 1024/],
  'a long name': [named('ü'.repeat(128)), /a name of 256 bytes, must be at most 255/],
  'the same name twice': [named('a.js', 'a.js'), /"a\.js": stands twice/],
  'the same name, once with ./': [named('a.js', './a.js'), /"a\.js": stands twice/],
  'names that differ in case': [
    named('lib/A.js', 'lib/a.js'),
    /"lib\/a\.js": differs from "lib\/A\.js" only/,
  ],
  'folders that differ in case': [named('Lib/a.js', 'lib/b.js'), /"lib": differs from "Lib" only/],
  'names that differ in how a letter is written': [
    named('caf\u00e9', 'cafe\u0301'),
    /differs from "caf\u00e9" only/,
  ],
  'names that are the same in upper case': [named('straße', 'STRASSE'), /differs from "straße" only/],
  'a file and a folder of a name': [named('a', 'a/b'), /"a": both a file and a folder/],
  'a folder and a file of a name': [named('a/b/c', 'a/b'), /"a\/b": both a file and a folder/],
  'an entry for a folder and a file of a name': [
    { entries: [{ name: 'a/', mode: 0o040755 }, { name: 'a' }] },
    /"a": both/,
  ],
  'a symbolic link': [
    { entries: [sound, { name: 'l', ...link }] },
    /"l": a link, must be a file or a folder/,
  ],
  'a symbolic link of another system': [
    { entries: [sound, { name: 'l', ...link, madeBySystem: 0 }] },
    /"l": a link/,
  ],
  'a device': [{ entries: [sound, { name: 'd', mode: 0o060644 }] }, /"d": a device, a pipe or a socket/],
  'a pipe': [{ entries: [sound, { name: 'p', mode: 0o010644 }] }, /"p": a device, a pipe or a socket/],
  'a folder without a slash': [{ entries: [sound, { name: 'f', mode: 0o040755 }] }, /"f": a folder without/],
  'a folder with content': [
    { entries: [sound, { name: 'f/', content: 'x' }] },
    /"f\/": a folder with content/,
  ],
  'an encrypted entry': [{ entries: [sound, { name: 'e', flags: 1 }] }, /"e": encrypted, must not be/],
  'strong encryption': [{ entries: [sound, { name: 'e', flags: 0x41 }] }, /strong encryption/],
  'another compression': [{ entries: [sound, { name: 'c', method: 12 }] }, /"c": compressed by method 12/],
  'stored bytes of another number': [
    { entries: [sound, { name: 's', content: 'four', unpackedBytes: 5 }] },
    /"s": stored in 4 bytes and said to have 5/,
  ],
  'an honest bomb': [
    { entries: [sound, { name: 'b', content: Buffer.alloc(20 * MiB), deflated: true }] },
    /"b": 20971520 bytes out of \d+, must be at most 200 times as many/,
  ],
  'many small bombs': [
    {
      entries: Array.from({ length: 20 }, (_, index) => ({
        name: `b${index}`,
        content: Buffer.alloc(MiB),
        deflated: true,
      })),
    },
    /17825792 bytes out of \d+, must be at most 100 times as many/,
  ],
  'more bytes announced than a layer may have': [
    {
      entries: [
        sound,
        { name: 'b', deflated: true, unpackedBytes: 250 * MiB, content: Buffer.alloc(2 * MiB) },
      ],
    },
    /over 262144000 bytes unpacked, must be at most as many/,
  ],
  'another name before the data': [
    { entries: [sound, { name: 'a', localName: 'b' }] },
    /"a": called "b" where it stands/,
  ],
  'more entries than announced': [
    { entries: [sound, { name: 'a' }], entryCount: 1 },
    /more than the 1 entries/,
  ],
  'fewer entries than announced': [{ entries: [sound], entryCount: 2 }, /must be a whole zip/],
  'data behind the end': [
    { entries: [sound, { name: 'a', compressedBytes: 9000, unpackedBytes: 9000 }] },
    /must be/,
  ],
  'a header that is none': [{ entries: [sound, { name: 'a', offset: 5 }] }, /must be a whole zip/],
  'a header behind the end': [{ entries: [sound, { name: 'a', offset: 0xfffffff0 }] }, /must be a whole zip/],
  'a directory behind the end': [{ entries: [sound], directoryOffset: 0xfffffff0 }, /must be a whole zip/],
  'data that reaches into the next entry': [
    { entries: [{ name: 'a', content: 'aa', compressedBytes: 20, unpackedBytes: 20 }, sound] },
    /"a": shares bytes with "nodejs\/sound\.js"/,
  ],
  'data that reaches into the directory': [
    { entries: [sound, { name: 'a', content: 'aa', compressedBytes: 20, unpackedBytes: 20 }] },
    /"a": shares bytes with the central directory/,
  ],
  'an entry within another': [quotedEntry(), /"outer": shares bytes with "inner"/],
  'no file': [{ entries: [{ name: 'nodejs/' }] }, /no files in it/],
}

/** Told only by unpacking. */
const foundAfter: Readonly<Record<string, readonly [zip: CraftedZip, message: RegExp]>> = {
  'a small entry with more bytes than announced': [
    { entries: [sound, { name: 'z', deflated: true, content: 'x'.repeat(5000), unpackedBytes: 4999 }] },
    /"z": more than the 4999 bytes announced/,
  ],
  'an entry that announces nothing': [
    { entries: [sound, { name: 'z', deflated: true, content: 'x', unpackedBytes: 0 }] },
    /"z": more than the 0 bytes announced/,
  ],
  'a bomb that announces little': [
    { entries: [sound, { name: 'z', deflated: true, content: Buffer.alloc(20 * MiB), unpackedBytes: 900 }] },
    /"z": more than the 900 bytes announced/,
  ],
  'a large entry with more bytes than announced': [
    { entries: [sound, { name: 'z', deflated: true, content: Buffer.alloc(20 * MiB), unpackedBytes: MiB }] },
    /"z": more than the 1048576 bytes announced/,
  ],
  'a small entry with fewer bytes than announced': [
    { entries: [sound, { name: 'z', deflated: true, content: 'x', unpackedBytes: 2 }] },
    /"z": 1 bytes, must be the 2 announced/,
  ],
  'a large entry with fewer bytes than announced': [
    {
      entries: [
        sound,
        { name: 'z', deflated: true, content: 'x', unpackedBytes: 300_000, data: largeData() },
      ],
    },
    /"z": 299999 bytes, must be the 300000 announced/,
  ],
  'a small entry with another checksum': [
    { entries: [sound, { name: 'z', content: 'x', checksum: 1 }] },
    /"z": the checksum 8cdc1683, must be the 00000001 announced/,
  ],
  'a large entry with another checksum': [
    { entries: [sound, { name: 'z', content: Buffer.alloc(300_000), checksum: 1 }] },
    /"z": the checksum [0-9a-f]{8}, must be the 00000001 announced/,
  ],
  'a small entry that is not what deflate writes': [
    { entries: [sound, { name: 'z', method: 8, content: 'x', data: Buffer.alloc(20, 0xff) }] },
    /"z": does not unpack \(invalid/,
  ],
  'a large entry that is not what deflate writes': [
    { entries: [sound, { name: 'z', method: 8, content: 'x', data: Buffer.alloc(MiB, 0xff) }] },
    /"z": does not unpack \(invalid/,
  ],
  'an entry that was cut': [
    {
      entries: [
        sound,
        { name: 'z', method: 8, content: 'hello', data: deflateRawSync('hello').subarray(0, 3) },
      ],
    },
    /"z": does not unpack \(unexpected end/,
  ],
}

/** One byte less than is announced. */
function largeData(): Buffer {
  return deflateRawSync(Buffer.from(Array.from({ length: 299_999 }, (_, index) => (index * index) % 251)))
}

/** The data of one entry is a whole other entry, which the directory names too. */
function quotedEntry(): CraftedZip {
  const inner = craftZip({ entries: [{ name: 'inner', content: 'x' }] }).subarray(0, 36)
  const headerBytes = 30 + 'outer'.length
  return {
    entries: [
      { name: 'outer', content: inner },
      { name: 'inner', content: 'x', offset: headerBytes },
    ],
  }
}

async function refuse(zip: Buffer, message: RegExp, temporaryFolder: string): Promise<void> {
  using folder = new TemporaryFolder()
  const path = join(folder.path, 'layer.zip')
  writeFileSync(path, zip)
  await assert.rejects(packLayer({ path, temporaryFolder }), {
    name: 'IsoletteError',
    code: 'bad_layer',
    message: new RegExp(`^Cannot read layer "[^"]*layer\\.zip": .*${message.source}`),
  })
}

describe('a hostile zip is refused by name', () => {
  for (const [what, [zip, message]] of Object.entries(foundBefore)) {
    it(`${what}, before anything is written`, async () => {
      await refuse(craftZip(zip), message, '/no/such/folder')
    })
  }

  for (const [what, [zip, message]] of Object.entries(foundAfter)) {
    it(`${what}, and nothing stays`, async () => {
      using folder = new TemporaryFolder()
      await refuse(craftZip(zip), message, folder.path)
      assert.deepEqual(readdirSync(folder.path), [])
    })
  }

  it('a bomb, before more comes out of it than it announced', async () => {
    using folder = new TemporaryFolder()
    const path = join(folder.path, 'layer.zip')
    const content = Buffer.alloc(20 * MiB)
    writeFileSync(path, craftZip({ entries: [{ name: 'z', deflated: true, content, unpackedBytes: MiB }] }))
    using source = await readZip(path)
    let bytes = 0
    await assert.rejects(
      async () => {
        for await (const chunk of source.files[0]!.read()) bytes += chunk.length
      },
      { message: /more than the 1048576 bytes announced/ },
    )
    assert.ok(bytes <= MiB, `${bytes} bytes`)
  })

  it('more entries than a layer may have, by their count alone', async () => {
    await refuse(zip64With(100_001), /100001 entries, must be at most 100000/, '/no/such/folder')
  })

  it('more bytes than a zip may have, by its size alone', async () => {
    using folder = new TemporaryFolder({ 'layer.zip': '' })
    const path = join(folder.path, 'layer.zip')
    truncateSync(path, 50 * MiB + 1)
    await assert.rejects(packLayer({ path, temporaryFolder: '/no/such/folder' }), {
      code: 'bad_layer',
      message: /a zip of 52428801 bytes, must be at most 52428800$/,
    })
  })

  it('no zip at all', async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from('PK'), Buffer.from('x'.repeat(100_000))]) {
      await refuse(bytes, /must be a whole zip/, '/no/such/folder')
    }
  })

  it('any zip that was cut or in which a byte was changed, or it is whole all the same', async () => {
    using folder = new TemporaryFolder()
    const path = join(folder.path, 'layer.zip')
    const temporaryFolder = join(folder.path, 'tmp')
    mkdirSync(temporaryFolder)
    const whole = craftZip({ entries: [sound, { name: 'b/c.js', content: 'bc'.repeat(20), deflated: true }] })
    const cut = Array.from(whole, (_, length) => whole.subarray(0, length))
    const changed = Array.from(whole, (byte, at) => whole.with(at, byte ^ 0x55))
    let refused = 0
    for (const zip of [...cut, ...changed]) {
      writeFileSync(path, zip)
      await packLayer({ path, temporaryFolder }).catch((error: unknown) => {
        assert.equal((error as { code: string }).code, 'bad_layer', String(error))
        refused += 1
      })
    }
    assert.ok(refused > whole.length, 'all that were cut, and many others')
    assert.equal(readdirSync(temporaryFolder).length, 2 * whole.length - refused)
  })

  it('takes the name of another encoding from the field that has it in Unicode', async () => {
    using folder = new TemporaryFolder()
    const path = join(folder.path, 'layer.zip')
    const name = Buffer.from([0x63, 0x61, 0x66, 0x82])
    writeFileSync(
      path,
      craftZip({ entries: [{ name, content: 'x', extraField: unicodePath(name, 'café') }] }),
    )
    const { index } = await packLayer({ path, temporaryFolder: folder.path })
    assert.deepEqual(
      index.files.map((file) => file.path),
      ['café'],
    )
    const escaping = craftZip({ entries: [{ name: 'a', extraField: unicodePath(Buffer.from('a'), '../a') }] })
    await refuse(escaping, /"\.\.\/a": a path with/, '/no/such/folder')
  })
})

/** Says that there are so many entries, and has none. */
function zip64With(entryCount: number): Buffer {
  const end = craftZip({ entries: [] })
  const zip64 = Buffer.alloc(56 + 20)
  zip64.write('PK\x06\x06')
  zip64.writeBigUInt64LE(BigInt(entryCount), 32)
  zip64.write('PK\x06\x07', 56)
  return Buffer.concat([zip64, end])
}

function unicodePath(name: Buffer, path: string): Buffer {
  const head = Buffer.alloc(9)
  head.writeUInt16LE(0x7075, 0)
  head.writeUInt16LE(5 + Buffer.byteLength(path), 2)
  head.writeUInt8(1, 4)
  head.writeUInt32LE(crc32(name), 5)
  return Buffer.concat([head, Buffer.from(path)])
}
