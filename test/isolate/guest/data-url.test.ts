import { test } from 'node:test'
import { assertLikeNode } from './like-node.ts'

const urls = [
  'data:,',
  'data:,a%20b%zz%F0%9F%98%80#fragment',
  'data:text/html,<p>é',
  'data:TEXT/HTML;Charset=UTF-8,x',
  'data:;charset= x,y',
  'data:a/b;x="q\\"\\\\;,',
  'data:a/b;x="";x=2;y,z',
  'data:no type,x',
  'data:text/plain;base64,aGk=',
  'data:image/png; BASE64 ,%61Gk',
  'data:;base64;base64,WA',
  'data:base64,WA',
  'data:;base64,*',
  'data:',
  'data:text/html',
]

test('fetches data URLs as Node does', () =>
  assertLikeNode(`
    const seen = []
    for (const url of ${JSON.stringify(urls)}) {
      try {
        const response = await fetch(url)
        const { status, statusText, type, ok, redirected } = response
        seen.push([status, statusText, type, ok, redirected, [...response.headers], [...await response.bytes()]])
      } catch (error) {
        seen.push(error.name)
      }
    }
    const head = await fetch('data:,x', { method: 'HEAD' })
    const posted = await fetch('data:,x', { method: 'POST', body: 'ignored' })
    const aborted = await fetch('data:,x', { signal: AbortSignal.abort('no') }).catch((reason) => reason)
    return [seen, await head.text(), await posted.text(), aborted]`))
