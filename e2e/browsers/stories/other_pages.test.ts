import { Chat } from '../support/chat.ts'
import { expect, test, unique } from '../support/fixtures.ts'

test('an element that the page takes out is gone, and is a chat again with its draft where it is put back', async ({
  visit,
}) => {
  const chat = await visit()
  await chat.open()
  await chat.type('half a thought')
  await chat.page.evaluate(async () => {
    const element = document.querySelector('loacl-chat') as HTMLElement & { widget: unknown }
    Object.assign(window, { element })
    element.remove()
    while (element.widget) await new Promise((resolve) => setTimeout(resolve))
  })
  await chat.sees({ panel: null })
  await chat.page.evaluate(() => document.body.append((window as unknown as { element: Element }).element))
  await chat.comesBack()
  await chat.sees({ draft: 'half a thought' })
})

test('a page whose body is replaced keeps the open panel, its conversation, its draft and the keyboard', async ({
  visit,
  model,
}) => {
  const question = unique('Will you stay?')
  await model.says(question, 'I will.')
  const chat = await visit()
  await chat.open()
  await chat.ask(question)
  await chat.reads(question, 'I will.')
  await chat.type('half a thou')
  await chat.page.evaluate(() => {
    const body = document.createElement('body')
    body.append('Another page')
    document.body.replaceWith(body)
  })
  await chat.type('ght')
  await chat.sees({ draft: 'half a thought', focus: 'Message' })
  await chat.reads(question, 'I will.')
})

test('a chat that opens by itself leaves the keyboard to the field of the page that has it', async ({
  visit,
  target,
}) => {
  const chat = await visit({ variant: 'bare' })
  await chat.click('Search')
  await chat.sees({ focus: 'Search' })
  await chat.page.evaluate(
    ({ assetsOrigin, url, key, assistantId: assistant }) => {
      const script = Object.assign(document.createElement('script'), { src: `${assetsOrigin}/loacl.js` })
      Object.assign(script.dataset, { url, key, assistant, open: 'true' })
      document.head.append(script)
    },
    { ...target },
  )
  await chat.has('Message')
  await chat.settled()
  await chat.type('bells')
  await chat.sees({ focus: 'Search', draft: '' })
  expect(await chat.page.evaluate(() => document.querySelector('input')!.value)).toContain('bells')
})

test.for([
  ['open close', false],
  ['toggle toggle toggle', true],
] as const)('of the commands "%s" before the panel has come, the last counts', async ([commands, opens], { visit }) => {
  const chat = await visit()
  await chat.has('Open chat')
  await chat.command(...commands.split(' '))
  await chat.settled()
  if (opens) await chat.has('Message')
  else await chat.sees({ panel: null })
})

test('on a page that is zoomed by its style, the panel stands in the window, above the launcher', async ({ visit }) => {
  const chat = await visit()
  await chat.page.evaluate(() => {
    document.documentElement.style.zoom = '1.25'
  })
  await chat.command('open')
  await chat.sees({ focus: 'Message' })
  // By what the browser says of it: where a rectangle of a zoomed page is measured, browsers disagree.
  const { seen, gap } = await chat.page.evaluate(async () => {
    const root = document.querySelector('loacl-chat')!.shadowRoot!
    const [panel, launcher] = ['dialog', '.launcher'].map((selector) => root.querySelector(selector)!)
    const ratio = await new Promise<number>((resolve) =>
      new IntersectionObserver(([entry]) => resolve(entry!.intersectionRatio)).observe(panel!),
    )
    return { seen: ratio, gap: launcher!.getBoundingClientRect().top - panel!.getBoundingClientRect().bottom }
  })
  expect(seen).toBe(1)
  expect(gap).toBeGreaterThanOrEqual(0)
})

test('of two panels in one place, opening one closes the other', async ({ visit }) => {
  const { page } = await visit({ variant: 'two' })
  const [first, second] = [new Chat(page, '#first'), new Chat(page, '#second')]
  await first.open()
  await second.open()
  await first.sees({ panel: null })
  await first.open()
  await second.sees({ panel: null })
})

test('a panel that the page closes leaves the keyboard to the field that has it', async ({ visit }) => {
  const chat = await visit()
  await chat.open()
  await chat.click('Search')
  await chat.sees({ focus: 'Search' })
  await chat.command('close')
  await chat.sees({ panel: null, focus: 'Search' })
})

test('Escape on the launcher closes the panel', async ({ visit }) => {
  const chat = await visit()
  await chat.open()
  await chat.page.evaluate(() => {
    document.querySelector('loacl-chat')!.shadowRoot!.querySelector<HTMLElement>('.launcher')!.focus()
  })
  await chat.press('Escape')
  await chat.sees({ panel: null, focus: 'Open chat' })
})
