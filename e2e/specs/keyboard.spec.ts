import { expect, test, unique } from '../support/fixtures.ts'

test('everything can be done with the keyboard alone', { tag: '@local' }, async ({ visit, model, page }) => {
  const question = unique('Which tyres for cobbles?')
  const next = unique('And for gravel?')
  await model.says(question, { text: 'Wide ones, see [tyres](https://harbour.example/tyres).', followUps: [next] })
  await model.says(next, { text: 'Wider ones.', followUps: [] })
  const chat = await visit()
  await chat.launcher.focus()
  await page.keyboard.press('Enter')
  await expect(chat.composer).toBeFocused()

  await page.keyboard.type(question)
  await page.keyboard.press('Enter')
  await expect(chat.log).toContainText('Wide ones')
  await expect(chat.composer).toBeFocused()
  await expect(chat.composer).toHaveValue('')
  await chat.answered()

  const followUp = chat.followUps.getByRole('button', { name: next })
  await expect(followUp).toBeVisible()
  for (let presses = 0; presses < 20 && !(await followUp.evaluate((it) => it.matches(':focus'))); presses++)
    await page.keyboard.press('Shift+Tab')
  await expect(followUp).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(chat.message('Wider ones.')).toBeVisible()
  await chat.answered()
  // What had the focus is gone with the old suggestions; the focus must not be.
  await expect(chat.panel.locator(':focus')).toHaveCount(1)

  await page.keyboard.press('Escape')
  await expect(chat.panel).toBeHidden()
  await expect(chat.launcher).toBeFocused()
})

test(
  'who opens the chat keeps the keyboard in the composer while the rest is drawn',
  { tag: '@local' },
  async ({ visit }) => {
    const chat = await visit()
    const moves = await chat.launcher.evaluateHandle((launcher: HTMLElement) => {
      const seen: string[] = []
      for (const type of ['focusin', 'focusout'])
        launcher
          .getRootNode()
          .addEventListener(type, ({ target }) => seen.push(`${type} ${(target as Element).tagName}`))
      return seen
    })
    await chat.open()
    await expect(chat.questions).toBeVisible()
    await expect(chat.newChat).toBeVisible()
    expect(await moves.jsonValue()).toEqual(['focusin BUTTON', 'focusout BUTTON', 'focusin TEXTAREA'])
  },
)

test('a page that changes the chat while it opens leaves the keyboard in the composer', async ({ page, visit }) => {
  const chat = await visit()
  await page.evaluate(() => {
    const { loacl } = window as unknown as { loacl: (...command: unknown[]) => void }
    const { shadowRoot } = document.querySelector('loacl-chat')!
    const change = () => {
      if (shadowRoot?.activeElement) return
      loacl('update', { theme: 'light' })
      setTimeout(change)
    }
    loacl('open')
    change()
  })
  await expect(chat.composer).toBeFocused()
})

test('a page that closes the chat while it opens has it closed, on its next page too', async ({ page, visit }) => {
  const chat = await visit()
  await page.evaluate(() => {
    const { loacl } = window as unknown as { loacl: (command: string) => void }
    const closeWhatOpens = ({ target }: Event) => {
      if ((target as Element).shadowRoot?.querySelector('dialog')?.open) loacl('close')
    }
    window.addEventListener('focusin', closeWhatOpens, true)
    loacl('open')
  })
  await expect
    .poll(() => page.evaluate(() => Object.entries(sessionStorage).find(([name]) => name.endsWith(':open'))?.[1]))
    .toBe('false')
  await expect(chat.panel).toBeHidden()
  await expect(chat.launcher).toHaveAttribute('aria-expanded', 'false')
})

test('who sends or stops by the button can write on at once', { tag: '@local' }, async ({ visit, model }) => {
  const question = unique('Is this sent by hand?')
  await model.says(question, { text: 'By hand, it seems.', holdAfter: 3 })
  const chat = await visit()
  await chat.open()
  await chat.composer.fill(question)
  await chat.send.click()
  await expect(chat.stop).toBeVisible()
  await expect(chat.composer).toBeFocused()
  await chat.stop.focus()
  await chat.page.keyboard.press('Enter')
  await chat.answered()
  await expect(chat.composer).toBeFocused()
})

test('Shift and Enter begin a new line', async ({ visit, page }) => {
  const chat = await visit()
  await chat.open()
  await page.keyboard.type('one')
  await page.keyboard.press('Shift+Enter')
  await page.keyboard.type('two')
  await expect(chat.composer).toHaveValue('one\ntwo')
})

test('Enter that ends a composition of an input method sends nothing', async ({ visit, page }) => {
  const chat = await visit()
  await chat.open()
  const session = await page.context().newCDPSession(page)
  await session.send('Input.imeSetComposition', { text: 'にほ', selectionStart: 2, selectionEnd: 2 })
  // As browsers report the key while a composition is under way.
  await session.send('Input.dispatchKeyEvent', {
    type: 'rawKeyDown',
    key: 'Process',
    code: 'Enter',
    windowsVirtualKeyCode: 229,
  })
  await session.send('Input.insertText', { text: '日本' })
  await expect(chat.composer).toHaveValue('日本')
  await expect(chat.questions).toBeVisible()
})

test('every control has a visible focus', async ({ visit, page }) => {
  const chat = await visit()
  await chat.open()
  const seen = new Set<string>()
  for (let presses = 0; presses < 12; presses++) {
    await page.keyboard.press('Tab')
    const { name, visible } = await page.evaluate(() => {
      const focused = document.activeElement?.shadowRoot?.activeElement
      if (!focused) return { name: '', visible: true }
      // A field may show it on the frame around it.
      const marked = [focused, focused.parentElement, focused.closest('form')].some((element) => {
        if (!element) return false
        const { outlineStyle, boxShadow } = getComputedStyle(element)
        return outlineStyle !== 'none' || boxShadow !== 'none'
      })
      return { name: focused.getAttribute('aria-label') ?? focused.textContent, visible: marked }
    })
    expect(visible, `focus on "${name}"`).toBe(true)
    if (name) seen.add(name)
  }
  expect([...seen]).toEqual(expect.arrayContaining(['New chat', 'Conversations', 'Close chat']))
})

test('a dialog of the page that takes the keyboard back leaves it to the chat', async ({ page, visit }) => {
  const chat = await visit()
  await page.evaluate(() => {
    const form = document.querySelector('form')!
    document.addEventListener('focusin', ({ target }) => {
      if (!form.contains(target as Node)) form.querySelector('input')!.focus()
    })
  })
  await chat.open()
  await chat.composer.click()
  await page.keyboard.type('Hello')
  await expect(chat.composer).toHaveValue('Hello')
})
