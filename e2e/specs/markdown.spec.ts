import { expect, test, unique } from '../support/fixtures.ts'

const RICH = `## Opening hours

We are open **most days**, see [the calendar](https://harbour.example/calendar).

| Day | Hours |
| --- | --- |
| Monday | 9–18 |
| Sunday | closed |

1. Come by
2. Bring your bike

- lights
- brakes

\`\`\`sh
echo "ring twice"
\`\`\`

> Ride safely, and use \`rear lights\`.`

test(
  'an answer in Markdown becomes headings, tables, lists, links and code',
  { tag: '@local' },
  async ({ visit, model }) => {
    const question = unique('When are you open?')
    await model.says(question, RICH)
    const chat = await visit()
    await chat.open()
    await chat.askAndWait(question)

    await expect(chat.log.getByRole('heading', { name: 'Opening hours' })).toBeVisible()
    await expect(chat.log.locator('strong', { hasText: 'most days' })).toBeVisible()
    await expect(chat.log.getByRole('row')).toHaveText([/Day\s*Hours/, /Monday\s*9–18/, /Sunday\s*closed/])
    await expect(chat.log.locator('ol > li')).toHaveText(['Come by', 'Bring your bike'])
    await expect(chat.log.locator('ul > li')).toHaveText(['lights', 'brakes'])
    await expect(chat.log.locator('pre code')).toHaveText('echo "ring twice"')
    await expect(chat.log.locator('blockquote')).toContainText('Ride safely')
    await expect(chat.log.locator('blockquote code')).toHaveText('rear lights')

    const link = chat.log.getByRole('link', { name: 'the calendar' })
    await expect(link).toHaveAttribute('href', 'https://harbour.example/calendar')
    await expect(link).toHaveAttribute('rel', /noopener/)
    await expect(chat.log).not.toContainText('**')
  },
)

test(
  'one long word in a table takes no width from its neighbours',
  { tag: '@local' },
  async ({ visit, model, page }) => {
    const question = unique('Which lock?')
    const table = `| Lock | Part number | Why |\n|---|---|---|\n| Chain | ${'X9'.repeat(30)} | It goes around a lamp post and both wheels |`
    await model.says(question, table)
    await page.setViewportSize({ width: 320, height: 600 })
    const chat = await visit()
    await chat.open()
    await chat.askAndWait(question)
    const why = chat.log.getByRole('cell', { name: 'It goes around' })
    expect((await why.boundingBox())!.width).toBeGreaterThan(120)
    const part = chat.log.getByRole('cell', { name: 'X9' })
    expect(await part.evaluate((cell) => cell.scrollWidth - cell.clientWidth)).toBe(0)

    const region = chat.log.getByRole('region', { name: 'Table' })
    await region.focus()
    await page.keyboard.press('End')
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => region.evaluate((element) => element.scrollLeft)).toBeGreaterThan(0)
    expect(await chat.log.evaluate((log) => log.scrollWidth - log.clientWidth)).toBeLessThanOrEqual(0)
  },
)

test(
  'an answer that is stopped within emphasis, code or a link reads as it did, also after a reload',
  { tag: '@local' },
  async ({ visit, model, page }) => {
    const question = unique('Which bell?')
    const text = 'Take *brass*, says [the `guide`](https://harbour.example/guide), or **any of the loud kind**.'
    const holdAfter = text.indexOf('loud kind')
    await model.says(question, { text, holdAfter })
    const chat = await visit()
    await chat.open()
    await chat.ask(question)
    const strong = chat.log.locator('strong', { hasText: 'any of the' })
    await expect(strong).toBeVisible()
    await chat.stop.click()
    await chat.answered()
    await expect(chat.log).toContainText('You stopped this answer.')
    await expect(strong).toBeVisible()
    await expect(chat.log).not.toContainText('*')

    await page.reload()
    await chat.open()
    await expect(chat.log).toContainText('You stopped this answer.')
    await expect(strong).toBeVisible()
    await expect(chat.log).not.toContainText('*')
  },
)
