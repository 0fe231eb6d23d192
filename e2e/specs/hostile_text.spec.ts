import { type Page } from '@playwright/test'
import { expect, test, unique } from '../support/fixtures.ts'

const ATTACKS = [
  '<img src=x onerror="window.attacked=1">',
  '<script>window.attacked=1</script>',
  '<svg onload="window.attacked=1">',
  '[press](javascript:window.attacked=1)',
  '[press](JaVaScRiPt&colon;window.attacked=1)',
  '[press](data:text/html,<script>window.attacked=1</script>)',
  '[press](vbscript:x)',
  '<javascript:window.attacked=1>',
  '![x](javascript:window.attacked=1)',
  '![x](https://tracker.example/pixel.png)',
  '[ref]: javascript:window.attacked=1\n\n[press][ref]',
  '<iframe srcdoc="<script>parent.attacked=1</script>"></iframe>',
  '<a href="javascript:window.attacked=1">press</a>',
  '[x](https://example.com "onmouseover=window.attacked=1")',
].join('\n\n')

/** Elements in the panel that could run or fetch something, and where its links lead. */
const inventory = (page: Page): Promise<{ active: string[]; links: string[]; handlers: string[] }> =>
  page.evaluate(() => {
    const root = document.querySelector('loacl-chat')!.shadowRoot!
    const all = [...root.querySelectorAll('*')]
    return {
      active: all
        .map((element) => element.localName)
        .filter((name) => ['script', 'img', 'iframe', 'object', 'embed', 'style'].includes(name)),
      links: [...root.querySelectorAll('a')].map((link) => link.protocol),
      handlers: all.flatMap((element) => element.getAttributeNames()).filter((name) => name.startsWith('on')),
    }
  })

test('nothing that a model says is run', { tag: '@local' }, async ({ visit, model, page }) => {
  const question = unique('Attack me.')
  await model.says(question, {
    text: `${ATTACKS}\n\nThe end.`,
    title: '<img src=x onerror="window.attacked=1">',
    followUps: ['<b onclick=x>bold?</b>'],
  })
  const chat = await visit()
  await chat.open()
  await chat.askAndWait(question)
  await expect(chat.message('The end.')).toBeVisible()
  await expect(chat.followUps.getByRole('button')).toHaveText('<b onclick=x>bold?</b>')

  const { active, links, handlers } = await inventory(page)
  expect(active).toEqual([])
  expect(handlers).toEqual([])
  expect(links.filter((protocol) => !/^https?:$/.test(protocol))).toEqual([])
  for (const link of await chat.log.getByText('press').all())
    await link.click({ modifiers: ['Alt'], noWaitAfter: true })
  expect(await page.evaluate('window.attacked')).toBeUndefined()

  await chat.conversations.click()
  await expect(chat.panel.getByRole('button', { name: '<img src=x onerror="window.attacked=1">' })).toBeVisible()
  expect(await page.evaluate('window.attacked')).toBeUndefined()
})

test('nothing that an owner or a visitor writes is run', { tag: '@local' }, async ({ visit, owner, page }) => {
  const attack = '<img src=x onerror="window.attacked=1">'
  const assistant = await owner.addAssistant({ name: unique(attack), greeting: ATTACKS, questions: [attack] })
  const chat = await visit({ assistant })
  await chat.open()
  await expect(chat.panel).toHaveAccessibleName(/^<img src=x onerror/)
  await expect(chat.questions.getByRole('button')).toHaveText(attack)
  expect((await inventory(page)).active).toEqual([])
  await chat.askAndWait(unique(attack))
  expect((await inventory(page)).active).toEqual([])
  expect(await page.evaluate('window.attacked')).toBeUndefined()
})
