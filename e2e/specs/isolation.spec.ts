import { type Page } from '@playwright/test'
import { type Chat } from '../support/chat.ts'
import { expect, goTo, test, unique } from '../support/fixtures.ts'

const PROPERTIES = [
  'color',
  'background-color',
  'font-family',
  'font-size',
  'display',
  'visibility',
  'opacity',
  'transform',
]

/** Where the open widget's controls are and what they look like. */
async function readAppearance(chat: Chat): Promise<unknown[]> {
  const controls = [chat.panel, chat.log, chat.composer, chat.send, chat.close, chat.newChat]
  return Promise.all(
    controls.map((control) =>
      control.evaluate((element, properties) => {
        const { x, y, width, height } = element.getBoundingClientRect()
        const style = getComputedStyle(element)
        return { x, y, width, height, style: properties.map((property) => style.getPropertyValue(property)) }
      }, PROPERTIES),
    ),
  )
}

/** What the page itself looks like, without the widget. */
const readPageAppearance = (page: Page): Promise<unknown> =>
  page.evaluate(() => ({
    elements: [...document.querySelectorAll('html, body, h1, p, nav a, form input, form button')].map((element) => {
      const { x, y, width, height } = element.getBoundingClientRect()
      const { color, font, margin, overflow, position } = getComputedStyle(element)
      return { x, y, width, height, color, font, margin, overflow, position }
    }),
    sheets: document.styleSheets.length + document.adoptedStyleSheets.length,
    head: [...document.head.children].map((element) => element.tagName),
    attributes: [document.documentElement, document.body].map((element) => element.getAttributeNames()),
  }))

test("the page's styles don't reach the widget", async ({ visit, newVisitor, pageUrl }) => {
  const elsewhere = await goTo(await (await newVisitor()).newPage(), pageUrl())
  await elsewhere.open()
  const chat = await visit({ variant: 'hostile-css' })
  await expect(chat.launcher).toBeInViewport({ ratio: 1 })
  await chat.open()
  await expect(chat.questions).toBeVisible()
  await expect(elsewhere.questions).toBeVisible()
  await expect.poll(() => readAppearance(chat)).toEqual(await readAppearance(elsewhere))
  await chat.askAndWait(unique('Can you be read here?'))
})

test("the widget's styles and elements don't reach the page", async ({ visit, page, newVisitor, pageUrl }) => {
  const bare = await (await newVisitor()).newPage()
  await bare.goto(pageUrl({ variant: 'bare' }))
  const chat = await visit()
  await chat.open()
  await chat.askAndWait(unique('Do you touch the page?'))
  expect(await readPageAppearance(page)).toEqual(await readPageAppearance(bare))
  const added = await page.evaluate(() => [...document.body.children].map((element) => element.tagName.toLowerCase()))
  expect(added.filter((name) => !['header', 'main', 'footer', 'script'].includes(name))).toEqual([])
})

test("globals that the page patches after load don't reach the widget", async ({ visit, page }) => {
  const chat = await visit({ variant: 'patched' })
  await expect(chat.launcher).toBeVisible()
  await page.evaluate('patchGlobals()')
  await chat.open()
  const question = unique('Do you feel the patches?')
  await chat.askAndWait(question)
  await expect(chat.alert).toBeHidden()
  expect(await page.evaluate('touched.join()')).toBe('')
})

test("what is typed into the chat does not set off the page's shortcuts", async ({ visit, page }) => {
  const chat = await visit()
  await chat.open()
  await page.evaluate(() => {
    document.addEventListener('keydown', (event) => {
      if (event.key === '/') document.querySelector<HTMLInputElement>('#host-form input')!.focus()
    })
  })
  await page.keyboard.type('1/2 inch')
  await expect(chat.composer).toHaveValue('1/2 inch')
})
