import { expect, test, unique } from '../support/fixtures.ts'

test(
  'a question sent just before a reload is asked once, and is not in the composer again',
  { tag: '@local' },
  async ({ visit, model, page }) => {
    for (const [index, question] of [unique('Is it raining?'), unique('Is it windy?')].entries()) {
      await model.says(question, 'A little.')
      const chat = await visit()
      await chat.open()
      if (index === 1) await chat.newChat.click()
      await chat.composer.fill(question)
      const posted = page.waitForRequest((request) => request.url().endsWith('/turns') && request.method() === 'POST')
      await chat.composer.press('Enter')
      await posted
      // The server has it, and the page goes before it can be told.
      await expect.poll(async () => (await model.calls(question)).length).toBe(1)
      await page.reload()
      await chat.open()
      await expect(chat.message(question)).toBeVisible()
      await expect(chat.log).toContainText('A little.')
      await expect(chat.composer).toHaveValue('')
      expect(await model.calls(question)).toHaveLength(1)
    }
  },
)

test(
  'a question that never reached the server is in the composer after a reload, and one press asks it once',
  { tag: '@local' },
  async ({ visit, model, page }) => {
    const question = unique('Is it snowing?')
    await model.says(question, 'Not yet.')
    const chat = await visit()
    await chat.open()
    await page.route('**/loacl-chat/turns', (route) => route.abort())
    const lost = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/turns'))
    await chat.ask(question)
    await lost
    // Until the page has gone, the client tries again by itself.
    await page.reload()
    await page.unroute('**/loacl-chat/turns')
    await chat.open()
    await expect(chat.composer).toHaveValue(question)
    await chat.composer.press('Enter')
    await expect(chat.message('Not yet.')).toBeVisible()
    await page.reload()
    await chat.open()
    await expect(chat.message(question)).toHaveCount(1)
    await expect(chat.composer).toHaveValue('')
  },
)

test(
  'a question that comes to the server after the reload, and is sent again from the composer, is asked once',
  { tag: '@local' },
  async ({ visit, model, page }) => {
    const question = unique('Is it hailing?')
    await model.says(question, 'Not any more.')
    const chat = await visit()
    await chat.open()
    const sent = page.waitForRequest((request) => request.url().endsWith('/turns'))
    await page.route('**/loacl-chat/turns', () => {})
    await chat.ask(question)
    const late = await sent
    const headers = await late.allHeaders()
    const body = late.postData()
    await page.reload()
    await page.unroute('**/loacl-chat/turns')
    await chat.open()
    await expect(chat.composer).toHaveValue(question)
    const answer = await fetch(late.url(), { method: 'POST', headers, body })
    expect(await answer.text()).toContain('"finish"')

    await chat.composer.press('Enter')
    await expect(chat.message('Not any more.')).toBeVisible()
    await expect(chat.alert).toBeHidden()
    await expect(chat.message(question)).toHaveCount(1)
    await expect(chat.composer).toHaveValue('')
    expect(await model.calls(question)).toHaveLength(1)
  },
)

const AWAY = { error: { code: 'database_unavailable', message: 'Away.', requestId: 'r' } }

test(
  'a question that could not be sent, and was left for another, is in the composer after a reload, and the other is not',
  { tag: '@local' },
  async ({ visit, model, page }) => {
    const [lost, next] = [unique('Is it foggy?'), unique('Is it sunny?')]
    await model.says(lost, 'Very.')
    await model.says(next, 'Hardly.')
    const chat = await visit()
    await chat.open()
    await page.route('**/loacl-chat/turns', (route) => route.fulfill({ status: 503, json: AWAY }))
    await chat.ask(lost)
    await expect(chat.retry).toBeVisible()
    await page.unroute('**/loacl-chat/turns')
    await chat.ask(next)
    await expect(chat.message('Hardly.')).toBeVisible()
    await expect(chat.message(lost)).toBeVisible()

    // Once more, where nothing is done about it.
    for (let reloads = 0; reloads < 2; reloads++) {
      await page.reload()
      await chat.open()
      await expect(chat.message(next)).toBeVisible()
      await expect(chat.composer).toHaveValue(lost)
      await expect(chat.message(lost)).toHaveCount(0)
    }
    await chat.composer.press('Enter')
    await expect(chat.message('Very.')).toBeVisible()
    await page.reload()
    await chat.open()
    await expect(chat.message('Very.')).toBeVisible()
    await expect(chat.message(lost)).toHaveCount(1)
    await expect(chat.composer).toHaveValue('')
    expect(await model.calls(lost)).toHaveLength(1)
  },
)

test(
  'several questions that could not be sent stand in the composer together after a reload, above what was being written',
  { tag: '@local' },
  async ({ visit, page }) => {
    const [first, second] = [unique('Is it cold?'), unique('Is it warm?')]
    const chat = await visit()
    await chat.open()
    await page.route('**/loacl-chat/turns', (route) => route.fulfill({ status: 503, json: AWAY }))
    for (const question of [first, second]) {
      await chat.ask(question)
      await expect(chat.retry).toBeVisible()
    }
    await chat.composer.fill('And tomorrow')
    await page.reload()
    await chat.open()
    await expect(chat.composer).toHaveValue(`${first}\n\n${second}\n\nAnd tomorrow`)
  },
)

test('a long draft is written down once for many keys, and is there after a reload', async ({ visit, page }) => {
  const chat = await visit()
  await chat.open()
  await chat.composer.fill('harbour '.repeat(12_500))
  const writes = await chat.composer.evaluate((field: HTMLTextAreaElement) => {
    let count = 0
    const { setItem } = Storage.prototype
    Storage.prototype.setItem = function (...item) {
      count++
      setItem.apply(this, item)
    }
    for (let keys = 0; keys < 10; keys++) {
      field.value += 'x'
      field.dispatchEvent(new Event('input', { bubbles: true }))
    }
    return count
  })
  expect(writes).toBe(0)

  await page.reload()
  await chat.open()
  await expect(chat.composer).toHaveValue(/^(harbour ){12500}x{10}$/)
  await chat.composer.fill('short\nagain')
  expect((await chat.composer.boundingBox())!.height).toBeLessThan(100)
})
