import { type Request } from '@playwright/test'
import { expect, test, unique } from '../support/fixtures.ts'

const filesOf = (requests: Request[]): Request[] =>
  requests.filter((request) => /\/panel-fingerprint-/.test(request.url()))
const turnsOf = (requests: Request[]): Request[] =>
  requests.filter((request) => request.url().endsWith('/turns') && request.method() === 'POST')

test(
  'a fingerprint is taken and sent only where the assistant asks for one, and nobody else is asked',
  { tag: '@local' },
  async ({ visit, owner, page, target }) => {
    const requests: Request[] = []
    page.on('request', (request) => requests.push(request))
    const assistant = await owner.addAssistant({})
    let chat = await visit({ assistant })
    await chat.open()
    await chat.askAndWait(unique('Do you know me?'))
    expect(filesOf(requests)).toEqual([])
    expect(turnsOf(requests)[0]!.postDataJSON()).not.toHaveProperty('fingerprint')

    await owner.change(assistant, { fingerprint: true })
    requests.length = 0
    chat = await visit({ assistant })
    await chat.open()
    // A message waits a second for it: of a clock that a busy machine can't outrun.
    await page.clock.install()
    await page.clock.pauseAt(Date.now() + 60_000)
    await chat.ask(unique('And now?'))
    const asked = async () => {
      await page.clock.runFor(10)
      return turnsOf(requests).length
    }
    await expect.poll(asked, { intervals: [50] }).toBe(1)
    await page.clock.resume()
    await chat.answered()
    await chat.askAndWait(unique('And again?'))
    const [file, ...others] = filesOf(requests)
    expect(others).toEqual([])
    expect(new URL(file!.url()).origin).toBe(target.assetsOrigin)
    const sent = turnsOf(requests).map((request) => request.postDataJSON().fingerprint as string)
    expect(sent).toEqual([expect.stringMatching(/^[\w-]{1,128}$/), sent[0]])
  },
)

test(
  'where the file can’t be fetched, messages go without it',
  { tag: '@local' },
  async ({ visit, owner, page, target }) => {
    const assistant = await owner.addAssistant({})
    await owner.change(assistant, { fingerprint: true })
    await page.route(`${target.assetsOrigin}/panel-fingerprint-*`, (route) => route.abort())
    const chat = await visit({ assistant })
    await chat.open()
    await chat.askAndWait(unique('Hello?'))
    await expect(chat.alert).toBeHidden()
  },
)
