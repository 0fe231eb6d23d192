import { randomUUID } from 'node:crypto'

/** Query of a test page: where its widget connects, and what the variant needs. */
export type PageOptions = Readonly<Record<string, string>>

export interface RenderedPage {
  html: string
  headers?: Record<string, string>
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escape = (text: string): string => text.replace(/[&<>"]/g, (character) => ENTITIES[character]!)

/** Attributes of the script tag: every option but those that only the server reads. */
function dataAttributes({ assets: _assets, watch: _watch, ...options }: PageOptions): string {
  return Object.entries(options)
    .map(([name, value]) => ` data-${name}="${escape(value)}"`)
    .join('')
}

const scriptTag = (options: PageOptions, extra = ''): string =>
  `<script src="${escape(options.assets!)}/loacl.js" async${extra}${dataAttributes(options)}></script>`

const ARTICLE = `
  <header><nav><a href="#bikes">Bikes</a> <a href="#repairs">Repairs</a></nav></header>
  <main>
    <h1>Harbour Cycles</h1>
    <p>Bicycles, repairs and rentals by the water since 1987.</p>
    <form id="host-form"><label>Search <input name="q" value="lights"></label> <button>Find</button></form>
    ${'<p>Every bicycle that leaves our workshop has been ridden by the person who built it.</p>'.repeat(30)}
  </main>
  <footer>Quay 4, open from nine to six</footer>`

const STYLE = 'body{font:18px/1.6 Georgia,serif;margin:2rem auto;max-width:44rem;padding:0 1rem}'

interface Parts {
  head?: string
  body?: string
  lang?: string
  nonce?: string
}

const document = ({ head = '', body = '', lang = 'en', nonce }: Parts): string => `<!doctype html>
<html lang="${lang}">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Harbour Cycles</title>
<style${nonce ? ` nonce="${nonce}"` : ''}>${STYLE}</style>
${head}
</head>
<body>${ARTICLE}${body}</body>
</html>`

/** With the option `watch`, a page has in `window.wrong` what it threw and what its policy refused. */
const watcher = ({ watch }: PageOptions, attributes = ''): string =>
  watch === undefined
    ? ''
    : `<script${attributes}>
  window.wrong = []
  for (const type of ['error', 'unhandledrejection', 'securitypolicyviolation'])
    addEventListener(type, (event) =>
      wrong.push([type, event.message, event.reason, event.violatedDirective, event.blockedURI].join(' ')), true)
</script>`

/** Address of a test page. */
export const pageAddress = (origin: string, variant: string, options: PageOptions): string =>
  `${origin}/${variant}?${new URLSearchParams(options)}`

/** What a strict site sends: scripts by nonce, styles by nonce, and connections to the project alone. */
function strictPolicy(options: PageOptions, nonce: string, trustedTypes: boolean): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' ${options.assets}`,
    `style-src 'nonce-${nonce}'`,
    `connect-src ${options.url}`,
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    ...(trustedTypes ? ["require-trusted-types-for 'script'", "trusted-types 'none'"] : []),
  ].join('; ')
}

function strictPage(options: PageOptions, trustedTypes: boolean): RenderedPage {
  const nonce = randomUUID()
  return {
    html: document({
      nonce,
      head: watcher(options, ` nonce="${nonce}"`),
      body: scriptTag(options, ` nonce="${nonce}"`),
    }),
    headers: { 'content-security-policy': strictPolicy(options, nonce, trustedTypes) },
  }
}

/** A stylesheet that takes everything on the page for itself. */
const HOSTILE_CSS = `
  * { all: unset !important; font-size: 90px !important; color: lime !important; letter-spacing: 1em !important }
  body * { display: none !important; visibility: hidden !important; opacity: 0 !important; pointer-events: none !important }
  div, section, span, p { position: static !important; transform: rotate(3deg) !important; opacity: .1 !important }
  button, textarea, input { appearance: none !important; width: 4px !important; height: 4px !important; visibility: hidden !important }
  :root { --accent: hotpink; --background: hotpink; --font: fantasy; font-size: 60px !important }
  loacl-chat { display: none !important; all: unset !important }
  loacl-chat * { display: none !important }`

/** What old libraries and careless snippets do to a page's globals, done when the page calls it. */
const PATCHES = `
  window.touched = []
  window.patchGlobals = () => {
    const broken = (name) => function () { window.touched.push(name); throw new Error(name + ' of the page was called') }
    window.fetch = broken('fetch')
    window.XMLHttpRequest = broken('XMLHttpRequest')
    JSON.parse = broken('JSON.parse')
    JSON.stringify = broken('JSON.stringify')
    customElements.define = broken('customElements.define')
    Element.prototype.attachShadow = broken('attachShadow')
    Array.prototype.last = broken('Array.prototype.last')
    Array.prototype.toJSON = () => 'not an array'
    Object.prototype.extend = broken('Object.prototype.extend')
    String.prototype.format = broken('String.prototype.format')
    window.h = window.Fragment = window.render = window.preact = window.React = window.$ = broken('a library')
    window.process = window.global = window.exports = window.module = window.define = broken('module')
    window.name = window.status = 'the page'
  }`

/** What `docs/widget.md` gives a page that calls the widget before its script has come. */
export const QUEUE_STUB =
  "Object.hasOwn(window, 'loacl') || (window.loacl = Object.assign((...command) => loacl.q.push(command), { q: [] }))\n"

/** Calls made before the loader has come: the page mounts, opens and listens, and only then names the script. */
function queuePage({ assets, ...options }: PageOptions): RenderedPage {
  const calls = `
    loacl('mount', ${JSON.stringify(options).replaceAll('<', '\\u003c')})
    loacl('on', 'opened', (event) => { document.title = 'opened by ' + event.by })
    loacl('open')`
  return {
    html: document({
      head: `<script>${QUEUE_STUB}${calls}</script>`,
      body: `<script src="${escape(assets!)}/loacl.js" async></script>`,
    }),
  }
}

const importCore = (assets: string): string =>
  `<script type="importmap">${JSON.stringify({ imports: { '@loacl/core': `${assets}/core/index.js` } })}</script>`

/** A page whose own script imports the widget, as one that was installed from npm. */
const npmPage = ({ assets, ...options }: PageOptions): RenderedPage => ({
  html: document({
    head: importCore(assets!),
    body: `<script type="module">
      import { mount } from '${assets}/index.js'
      window.widget = mount(${JSON.stringify(options).replaceAll('<', '\\u003c')})
    </script>`,
  }),
})

/** A page whose HTML has the element, and whose script imports the widget and no more. */
const elementPage = ({ assets, ...options }: PageOptions): RenderedPage => ({
  html: document({
    head: importCore(assets!),
    body: `<aside><loacl-chat${dataAttributes(options)}></loacl-chat></aside>
      <script type="module">import '${assets}/index.js'</script>`,
  }),
})

/** A page that shows `comment` as it was written, HTML and all, and whose widget runs when all of it is there. */
const commentPage = ({ assets: _assets, comment, ...options }: PageOptions): RenderedPage => ({
  html: document({
    head: `<script src="/loacl.js" defer${dataAttributes({ ...options, assets: '' })}></script>`,
    body: `<article>${comment}</article>`,
  }),
})

/** A site with accounts, which asks `credential`, a function that the test gives the page, who is signed in. */
function accountsPage({ assets, ...options }: PageOptions): RenderedPage {
  const calls = `
    loacl('mount', { ...${JSON.stringify(options).replaceAll('<', '\\u003c')}, auth: () => credential() })`
  return {
    html: document({
      head: `<script>${QUEUE_STUB}${calls}</script>`,
      body: `<script src="${escape(assets!)}/loacl.js" async></script>`,
    }),
  }
}

const isSecond = ([name]: [string, string]): boolean => name.startsWith('second-')

/** Two widgets: the second one's options have names that begin with `second-`. */
function twoPage(options: PageOptions): RenderedPage {
  const entries = Object.entries(options)
  const first = Object.fromEntries(entries.filter((entry) => !isSecond(entry)))
  const second = Object.fromEntries(
    entries.filter(isSecond).map(([name, value]) => [name.slice('second-'.length), value]),
  )
  return {
    html: document({
      head: `${watcher(options)}<style>#second { --loacl-offset-inline: 120px }</style>`,
      body: scriptTag({ ...first, id: 'first' }) + scriptTag({ ...first, ...second, id: 'second' }),
    }),
  }
}

/** A page that Turbo navigates: it replaces the body, or morphs it, and keeps snapshots of what was left. */
const turboPage = ({ step = '1', ...options }: PageOptions): RenderedPage => {
  const next = `/turbo?${new URLSearchParams({ ...options, step: `${Number(step) + 1}` })}`
  return {
    html: document({
      head: `<meta name="turbo-refresh-method" content="morph"><script type="module" src="/turbo.js"></script>
        ${scriptTag(options)}`,
      body: `<p id="step">Step ${step}</p><a href="${escape(next)}">Next</a>`,
    }),
  }
}

const VARIANTS: Record<string, (options: PageOptions) => RenderedPage> = {
  bare: (options) => ({ html: document({ head: watcher(options) }) }),
  plain: (options) => ({ html: document({ head: watcher(options), body: scriptTag(options) }) }),
  csp: (options) => strictPage(options, false),
  'trusted-types': (options) => strictPage(options, true),
  'hostile-css': (options) => ({
    html: document({ head: `<style>${HOSTILE_CSS}</style>`, body: scriptTag(options) }),
  }),
  queue: queuePage,
  npm: npmPage,
  element: elementPage,
  accounts: accountsPage,
  comment: commentPage,
  two: twoPage,
  turbo: turboPage,
  rtl: (options) => ({ html: document({ lang: 'ar" dir="rtl', body: scriptTag(options) }) }),
  patched: (options) => ({ html: document({ head: `<script>${PATCHES}</script>`, body: scriptTag(options) }) }),
}

/** The page of that name, or `null` where there is none. */
export function renderPage(name: string, options: PageOptions): RenderedPage | null {
  return Object.hasOwn(VARIANTS, name) ? VARIANTS[name]!(options) : null
}
