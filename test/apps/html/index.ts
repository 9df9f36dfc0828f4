/** Reads and changes HTML that it is sent, with cheerio and with linkedom. */
import { load } from 'cheerio'
import { DOMParser, parseHTML } from 'linkedom'

function withCheerio(html: string): unknown {
  const $ = load(html)
  $('a[href^="http:"]').each((_, link) => {
    $(link).attr('href', $(link).attr('href')!.replace('http:', 'https:')).addClass('safe')
  })
  $('script').remove()
  return {
    title: $('title').text(),
    links: $('a')
      .map((_, link) => $(link).attr('href'))
      .get(),
    rows: $('table tr')
      .toArray()
      .map((row) =>
        $(row)
          .find('td')
          .toArray()
          .map((cell) => $(cell).text().trim()),
      ),
    body: $('body').html()?.trim(),
  }
}

function withLinkedom(html: string): unknown {
  const { document, customElements, Event, HTMLElement } = parseHTML(html)
  customElements.define(
    'my-badge',
    class extends HTMLElement {
      connectedCallback() {
        this.textContent = `badge ${this.getAttribute('label')}`
      }
    },
  )
  const badge = document.createElement('my-badge')
  badge.setAttribute('label', 'new')
  document.body.append(badge)
  let clicks = 0
  const link = document.querySelector('a')!
  link.addEventListener('click', () => clicks++)
  link.dispatchEvent(new Event('click'))
  return {
    title: document.title,
    links: [...document.querySelectorAll('a')].map((one) => one.getAttribute('href')),
    badge: badge.outerHTML,
    clicks,
    xml: new DOMParser()
      .parseFromString('<r><i n="1"/></r>', 'text/xml')
      .querySelector('i')!
      .getAttribute('n'),
  }
}

export default {
  async fetch(request: Request): Promise<Response> {
    const html = await request.text()
    return Response.json(
      new URL(request.url).pathname === '/html/cheerio' ? withCheerio(html) : withLinkedom(html),
    )
  },
}
