import { expect, test, unique } from '../support/fixtures.ts'

const FILE = '**/panel-blocks-*'
const LINE = `wide("${'x'.repeat(120)}")`
const CODE = `\`\`\`js\n${LINE}\n\`\`\``
const TABLE = `| Day | Hours | Where | Who opens |\n|---|--:|---|---|\n| Monday | 9–18 | By the harbour, behind the old crane | ${'Y8'.repeat(40)} |`

test(
  'what code blocks and tables show further is fetched with the first of them, and not before',
  { tag: '@local' },
  async ({ visit, model, page, context }) => {
    const [plain, coded] = [unique('In words?'), unique('In code?')]
    await model.says(plain, '# In words\n\n- and in `code`\n\n> like **this**')
    await model.says(coded, `So:\n\n${CODE}`)
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    const files: string[] = []
    page.on('request', (request) => files.push(new URL(request.url()).pathname))
    const chat = await visit()
    await chat.open()
    await chat.askAndWait(plain)
    expect(files.filter((path) => path.includes('/panel-blocks-'))).toEqual([])
    await chat.askAndWait(coded)
    const copy = chat.log.getByRole('button', { name: 'Copy', exact: true })
    await copy.click()
    await expect(chat.log.getByRole('button', { name: 'Copied', exact: true })).toBeVisible()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`${LINE}\n`)
    expect(files.filter((path) => path.includes('/panel-blocks-'))).toHaveLength(1)

    // As in a page that may not write to it.
    await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }))
    await copy.click()
    await expect(chat.log.getByRole('button', { name: 'Selected', exact: true })).toBeVisible()
    expect(await page.evaluate(() => getSelection()!.toString())).toBe(LINE)
  },
)

test(
  'code that has its bar when it is being read stays where it is, with the keyboard and the selection',
  { tag: '@local' },
  async ({ visit, model, page }) => {
    const question = unique('How is it written?')
    await model.says(question, `So:\n\n${CODE}`)
    let answer!: () => void
    const answered = new Promise<void>((resolve) => (answer = resolve))
    await page.route(FILE, async (route) => {
      await answered
      await route.continue()
    })
    const chat = await visit()
    await chat.open()
    await chat.askAndWait(question)
    const code = chat.log.getByRole('group', { name: 'Code, js' })
    await code.focus()
    await code.evaluate((pre) => {
      pre.scrollLeft = 40
      getSelection()!.selectAllChildren(pre.querySelector('code')!)
    })
    answer()
    await expect(chat.log.getByRole('button', { name: 'Copy', exact: true })).toBeVisible()
    await expect(code).toBeFocused()
    expect(await code.evaluate((pre) => pre.scrollLeft)).toBe(40)
    expect(await page.evaluate(() => getSelection()!.toString())).toBe(LINE)
  },
)

test(
  'where that can’t be fetched, code and tables are plain and readable, and the next answer tries again',
  { tag: '@local' },
  async ({ visit, model, page }) => {
    const [question, next] = [unique('How, and when?'), unique('And again?')]
    const text = `So:\n\n${CODE}\n\n${TABLE}\n\n- in a list\n\n  ${CODE.replaceAll('\n', '\n  ')}`
    await model.says(question, { text, followUps: [], holdAfter: text.indexOf('| Day') })
    await model.says(next, `Again:\n\n${CODE}`)
    let tries = 0
    await page.route(FILE, (route) => {
      tries++
      return route.abort()
    })
    await page.setViewportSize({ width: 320, height: 600 })
    const chat = await visit()
    await chat.open()
    const failed = page.waitForEvent('requestfailed')
    await chat.ask(question)
    await failed
    await model.says(question, { text, followUps: [] })
    await chat.answered()
    // Neither at each block nor at each word.
    expect(tries).toBe(1)
    const code = chat.log.getByRole('group', { name: 'Code, js' }).first()
    await expect(code).toHaveCSS('font-family', /monospace/)
    await code.focus()
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => code.evaluate((pre) => pre.scrollLeft)).toBeGreaterThan(0)
    await expect(chat.log.getByRole('columnheader')).toHaveText(['Day', 'Hours', 'Where', 'Who opens'])
    await expect(chat.log.getByRole('region', { name: 'Table' })).toBeVisible()
    expect(await chat.log.evaluate((log) => log.scrollWidth - log.clientWidth)).toBeLessThanOrEqual(0)
    const status = chat.panel.getByRole('status').last()
    await expect(status).toContainText('answered')
    const spoken = (await status.textContent())!.trim().split(/\s+/).join(' ')
    expect(spoken).toContain(`answered: So: Code ${LINE} Day Hours Where Who opens Monday 9–18`)
    expect(spoken).toMatch(/ in a list Code wide\("x+"\)$/)
    await expect(chat.alert).toBeHidden()

    await page.unroute(FILE)
    await chat.askAndWait(next)
    await expect(chat.log.getByRole('button', { name: 'Copy', exact: true })).toHaveCount(3)
    await expect(chat.log.getByRole('cell', { name: 'Monday' })).toHaveCSS('padding-left', '12px')
  },
)

test(
  'what is wider than the panel has a shadow at each edge beyond which there is more',
  { tag: '@local' },
  async ({ visit, model, page }) => {
    const question = unique('How wide is it?')
    const arabic = TABLE.replace('Day', 'اليوم')
    await model.says(question, [TABLE, CODE, arabic, '| Day |\n|---|\n| Monday |'].join('\n\n'))
    await page.emulateMedia({ reducedMotion: 'reduce' })
    const chat = await visit()
    await chat.open()
    await chat.askAndWait(question)
    const tables = chat.log.getByRole('region', { name: 'Table' })
    // Up to a fraction of a pixel that can't be scrolled.
    const [left, right] = [/(?<![-.\d])2[12][.\d]*px 0px/, /-2[12][.\d]*px 0px/]
    for (const [wide, start, end] of [
      [tables.first(), left, right],
      [chat.log.getByRole('group', { name: 'Code, js' }), left, right],
      [tables.nth(1), right, left],
    ] as const) {
      await expect(wide).toHaveCSS('box-shadow', end)
      await expect(wide).not.toHaveCSS('box-shadow', start)
      await wide.evaluate(
        (element) => (element.scrollLeft = getComputedStyle(element).direction === 'rtl' ? -9999 : 9999),
      )
      await expect(wide).toHaveCSS('box-shadow', start)
      await expect(wide).not.toHaveCSS('box-shadow', end)
    }
    await expect(tables.nth(2)).toHaveCSS('box-shadow', 'none')
  },
)

test(
  'a table whose file can’t be fetched is shown line by line, and as a table once it can be',
  { tag: '@local' },
  async ({ visit, model, page }) => {
    const [first, next] = [unique('When?'), unique('And now?')]
    await model.says(first, 'مواعيد:\n\n| يوم | ساعة |\n|---|--:|\n| الاثنين | 9 |')
    await model.says(next, TABLE)
    await page.route('**/panel-tables-*', (route) => route.abort())
    const chat = await visit()
    await chat.open()
    await chat.askAndWait(first)
    const line = chat.log.getByText('الاثنين 9')
    await expect(line).toBeVisible()
    await expect(line).toHaveCSS('direction', 'rtl')
    await expect(chat.log.getByRole('table')).toHaveCount(0)
    await page.unroute('**/panel-tables-*')
    await chat.askAndWait(next)
    await expect(chat.log.getByRole('table')).toHaveCount(2)
  },
)
