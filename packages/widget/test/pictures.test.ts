import { describe, expect, it } from 'vitest'
import { insertPictures } from '../src/features/pictures/insert_pictures.ts'
import { type Block, createMarkdown, type Inline } from '../src/markdown/index.ts'
import type { ModelState } from '../src/model_state.ts'

const HOSTS = ['images.example', '*.cdn.example', 'ports.example:8443']

/** What an answer with this picture leads to or loads, with the host that is named beside a link. */
function show(href: string, imageHosts: readonly string[] = HOSTS): unknown {
  const insert = insertPictures({ session: { status: 'open', assistant: { imageHosts } } } as unknown as ModelState)
  const picture = { type: 'image' as const, href, title: '', children: ['A boat'] }
  const [block] = insert([{ type: 'paragraph', children: [picture] }], createMarkdown) as Extract<
    Block,
    { type: 'paragraph' }
  >[]
  const inline = block!.children[0] as Exclude<Inline, string>
  if (typeof inline.type === 'function') return { src: (inline.props as { href: string }).href }
  const { href: to, children } = inline as { href: string; children: Inline[] }
  return { to, host: /\u2068(.*)\u2069/.exec(children.join(''))?.[1] }
}

describe('a picture', () => {
  it.each([
    ['https://images.example/a.png', 'https://images.example/a.png'],
    ['HTTPS://IMAGES.example:443/a.png', 'https://images.example/a.png'],
    ['https://eu.cdn.example/a.png', 'https://eu.cdn.example/a.png'],
    ['https://ports.example:8443/a.png', 'https://ports.example:8443/a.png'],
    // A browser takes these for places on the page's own site, where the page has the same scheme.
    ['https:images.example/a.png', 'https://images.example/a.png'],
    ['https:images.example/../../sign-out', 'https://images.example/sign-out'],
    ['https:/images.example/a.png', 'https://images.example/a.png'],
    ['https:\\\\images.example\\a.png', 'https://images.example/a.png'],
  ])('%s is loaded from where it was found to be', (href, src) => {
    expect(show(href)).toEqual({ src })
  })

  it.each([
    ['https://evil.example/a.png', 'evil.example'],
    ['https://images.example@evil.example/a.png', 'evil.example'],
    ['https://evil.example\\@images.example/a.png', 'evil.example'],
    ['https://images.example.evil.example/a.png', 'images.example.evil.example'],
    ['https://images.example./a.png', 'images.example.'],
    ['https://images.example:8443/a.png', 'images.example:8443'],
    ['https://ports.example/a.png', 'ports.example'],
    ['https://cdn.example/a.png', 'cdn.example'],
    ['https://evilcdn.example/a.png', 'evilcdn.example'],
    ['https://imаges.example/a.png', 'xn--imges-5ve.example'],
    ['http://images.example/a.png', 'images.example'],
    ['https:evil.example/a.png', 'evil.example'],
  ])('%s stays a link, to the host that it names', (href, host) => {
    const shown = show(href) as { to: string; host: string }
    expect(shown.host).toBe(host)
    // As on a page.
    expect(new URL(shown.to, 'https://site.example/shop/').host).toBe(host)
  })

  it.each(['//images.example/a.png', '/a.png', 'data:image/png;base64,AA==', 'blob:https://images.example/1'])(
    '%s is none',
    (href) => {
      expect(show(href)).toEqual({ to: href, host: undefined })
    },
  )
})
