import { type ReactNode, Suspense, use, useId, useState } from 'react'
import { renderToReadableStream, renderToString } from 'react-dom/server'

function Page({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <head>
        <title>isolette</title>
      </head>
      <body>{children}</body>
    </html>
  )
}

function Greeting({ name }: { name: string }) {
  const [count] = useState(3)
  return (
    <p id={useId()} className="greeting" style={{ color: 'red' }}>
      Hello {name}, {count} times &amp; more
    </p>
  )
}

function Price({ price }: { price: Promise<number> }) {
  return <b>{use(price)} €</b>
}

function Broken(): ReactNode {
  throw new Error('cannot render')
}

/** The price of `/react/suspense` is there when this is called. */
let tellPrice = (_price: number): void => {}

const pages: Record<string, () => ReactNode> = {
  '/react/simple': () => <Greeting name={'<Ada>'} />,
  '/react/suspense': () => {
    const price = new Promise<number>((resolve) => {
      tellPrice = resolve
    })
    return (
      <Suspense fallback={<i>asking …</i>}>
        <Price price={price} />
      </Suspense>
    )
  },
  '/react/broken': () => <Broken />,
}

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url)
    if (pathname === '/react/string') return new Response(renderToString(<Greeting name="Ada" />))
    if (pathname === '/react/price') {
      tellPrice(42)
      return new Response(null, { status: 204 })
    }
    const page = pages[pathname]
    if (page === undefined) return new Response('no such page', { status: 404 })
    try {
      const stream = await renderToReadableStream(<Page>{page()}</Page>, {
        bootstrapModules: ['/client.js'],
        signal: request.signal,
        onError: () => 'digest',
      })
      return new Response(stream, { headers: { 'content-type': 'text/html; charset=utf-8' } })
    } catch (error) {
      return new Response(`<p>${(error as Error).message}</p>`, {
        status: 500,
        headers: { 'content-type': 'text/html' },
      })
    }
  },
}
