import type { Page, Route } from '@playwright/test'
import { expect, test, unique } from '../support/fixtures.ts'

const TEXT = 'The keeper climbs the stairs at dusk, and comes down again when the sun is over the breakwater.'

const TURNS = '**/loacl-chat/turns'
const stopAnswered = (page: Page) => page.waitForResponse((response) => /\/messages\/[^/]+\/stop$/.test(response.url()))

/** Brings the request to the function, and cuts the connection when the answer begins. */
async function loseAnswer(route: Route): Promise<void> {
  const request = route.request()
  const leaving = new AbortController()
  await fetch(request.url(), {
    method: 'POST',
    headers: await request.allHeaders(),
    body: request.postData(),
    signal: leaving.signal,
  })
  leaving.abort()
  await route.abort('connectionreset')
}

test(
  'Stop ends an answer of which the page never heard, and the model hears of it',
  { tag: '@local' },
  async ({ visit, model, owner, page }) => {
    const question = unique('When does the keeper climb?')
    await model.says(question, { text: TEXT, holdAfter: 30 })
    const chat = await visit()
    await chat.open()
    let posts = 0
    await page.route(TURNS, (route) => (posts++ === 0 ? loseAnswer(route) : route.abort()))
    await chat.ask(question)
    await expect.poll(async () => (await model.calls(question)).length).toBe(1)
    await expect(chat.log).toContainText('Reconnecting…')

    const answered = stopAnswered(page)
    await chat.stop.click()
    expect((await answered).status()).toBe(202)
    await expect.poll(async () => (await model.calls(question)).map(({ state }) => state)).toEqual(['dropped'])
    await expect.poll(() => owner.readStatusOfAnswerTo(question)).toEqual(['stopped'])

    await page.unroute(TURNS)
    await expect(chat.log).toContainText('You stopped this answer.')
    await chat.answered()
    await page.reload()
    await chat.open()
    await expect(chat.log).toContainText('You stopped this answer.')
    await expect(chat.message(question)).toHaveCount(1)
    expect(await model.calls(question)).toHaveLength(1)
  },
)

test(
  'Stop of a question that comes to the server later has it stored, and nothing asked of the model',
  { tag: '@local' },
  async ({ visit, model, owner, page }) => {
    const question = unique('Who winds the lamp?')
    const chat = await visit()
    await chat.open()
    const sent = Promise.withResolvers<Route>()
    await page.route(TURNS, (route) => sent.resolve(route))
    await chat.ask(question)
    const late = await sent.promise

    const answered = stopAnswered(page)
    await chat.stop.click()
    expect((await answered).status()).toBe(202)
    await late.continue()
    await expect(chat.log).toContainText('You stopped this answer.')
    await chat.answered()
    expect(await owner.readStatusOfAnswerTo(question)).toEqual(['stopped'])
    expect(await model.calls(question)).toEqual([])
    await page.unroute(TURNS)
    await chat.askAndWait(unique('And now?'))
  },
)
