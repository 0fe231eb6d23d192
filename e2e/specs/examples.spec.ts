import { Chat } from '../support/chat.ts'
import { buildExample, type RunningExample, serveByNext, serveFiles } from '../support/examples.ts'
import { expect, test as base, unique } from '../support/fixtures.ts'

type Serve = (name: string) => Promise<RunningExample>

/** `visitExample` builds an application, serves it and goes there. */
const test = base.extend<{ visitExample: (name: string, serve: Serve) => Promise<void> }>({
  visitExample: async ({ page, target, friends }, use) => {
    const running: RunningExample[] = []
    await use(async (name, serve) => {
      await buildExample(name, target)
      const example = await serve(name)
      running.push(example)
      friends.add(example.origin)
      await page.goto(example.origin)
    })
    for (const example of running) example.stop()
  },
})

const WITH_WIDGET = [
  ['react-next', serveByNext],
  ['svelte-vite', serveFiles],
  ['vue-webpack', serveFiles],
] as const

const text = 'Until six in the evening, and on Saturdays until one in the afternoon.'

test.describe('an answer is written in the example', { tag: '@local' }, () => {
  test.describe.configure({ timeout: 180_000 })

  for (const [name, serve] of WITH_WIDGET)
    test(name, async ({ visitExample, page, model }) => {
      await visitExample(name, serve)
      const chat = new Chat(page)
      await chat.open()
      const question = unique('When are you open?')
      await model.says(question, { text, holdAfter: 30 })
      await chat.ask(question)
      await expect(chat.log).toContainText('Until six in the evening')
      await expect(chat.log).not.toContainText('afternoon')
      await model.says(question, text)
      await expect(chat.message(text)).toBeVisible()
      // These hear the element's event.
      if (serve === serveFiles) await expect(page.getByRole('status').getByText('The last answer')).toBeVisible()
    })

  test('react-vite', async ({ visitExample, page, model }) => {
    await visitExample('react-vite', serveFiles)
    const log = page.getByRole('log')
    const question = unique('When are you open?')
    await model.says(question, { text, holdAfter: 30 })
    await page.getByRole('textbox', { name: 'Question' }).fill(question)
    await page.getByRole('button', { name: 'Send' }).click()
    await expect(log).toContainText('Until six in the evening')
    await expect(log).not.toContainText('afternoon')
    await model.says(question, text)
    await expect(log.getByText(text)).toBeVisible()
  })
})
