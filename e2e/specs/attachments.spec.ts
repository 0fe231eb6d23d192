import { AxeBuilder } from '@axe-core/playwright'
import type { Locator } from '@playwright/test'
import { expect, holdUploads, isDrawn, test, UPLOADS, unique, watchSent } from '../support/attaching.ts'
import { pdfFile, photoFile, pictureFile, textFile } from '../support/files.ts'

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa']

test(
  'a picture, a PDF and a text go with a message, and are told to the model',
  { tag: '@local' },
  async ({ attaching, model, page }) => {
    const question = unique('What are these?')
    await model.says(question, 'A picture, a PDF and a text.')
    const it = await attaching()
    const sent = watchSent(page)
    await expect(it.chat.panel.locator('input[type=file]')).toHaveAttribute(
      'accept',
      'image/png,image/jpeg,application/pdf,text/plain,text/markdown,.md,.markdown,text/csv,.csv',
    )
    await it.attach(pictureFile(), pdfFile(), textFile())
    await expect(it.rows).toContainText(['logo.png', 'invoice.pdf', 'notes.txt'])
    await expect(it.row('notes.txt')).toContainText('18 bytes')
    await expect.poll(() => isDrawn(it.row('logo.png'))).toBe(true)
    await expect(it.status).toHaveText('3 files attached')
    const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze()
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target)}`)).toEqual([])
    await it.chat.composer.fill(question)
    await it.chat.composer.press('Enter')
    await expect(it.sent).toContainText(['logo.png', 'invoice.pdf', 'notes.txt'])
    await expect(it.rows).toHaveCount(0)
    await it.chat.answered()
    expect(sent).toEqual([expect.objectContaining({ text: question, files: Array(3).fill(expect.any(String)) })])
    const [call] = await model.calls(question)
    expect(JSON.stringify(call!.history)).toContain('A lamp and a lock.')
  },
)

test('a message of files alone is sent', { tag: '@local' }, async ({ attaching, page }) => {
  const it = await attaching()
  const sent = watchSent(page)
  await it.attach(textFile())
  await it.chat.send.click()
  await expect(it.sent).toContainText(['notes.txt'])
  await it.chat.answered()
  expect(sent).toEqual([expect.objectContaining({ text: '', files: [expect.any(String)] })])
  await page.reload()
  await it.chat.open()
  await expect(it.sent).toContainText(['notes.txt'])
  await expect(it.rows).toHaveCount(0)
})

test('nothing is there for an assistant that takes no files', { tag: '@local' }, async ({ visit, page }) => {
  const files: string[] = []
  page.on('request', (request) => files.push(request.url()))
  const chat = await visit()
  await chat.open()
  await chat.askAndWait(unique('Is there more?'))
  await expect(chat.panel.locator('.attach')).toHaveCount(0)
  expect(files.filter((file) => /panel-(attachments|files)/.test(file))).toEqual([])
})

test(
  'files that are dropped on the panel are attached, and the page has its own drops',
  { tag: '@local' },
  async ({ attaching, page }) => {
    const it = await attaching()
    await page.evaluate(() => {
      for (const type of ['dragover', 'drop'])
        document.body.addEventListener(type, (event) => {
          event.preventDefault()
          document.title = `${type} of the page`
        })
    })
    const drag = async (target: Locator, type: string, isFile = true) => {
      const dataTransfer = await page.evaluateHandle((hasFile) => {
        const data = new DataTransfer()
        if (hasFile) data.items.add(new File(['A lamp.'], 'dropped.txt', { type: 'text/plain' }))
        else data.setData('text/plain', 'A lamp.')
        return data
      }, isFile)
      await target.dispatchEvent(type, { dataTransfer, bubbles: true, composed: true, cancelable: true })
    }
    const heading = page.getByRole('heading', { name: 'Harbour Cycles' })
    for (const type of ['dragover', 'drop']) {
      await drag(heading, type)
      await expect(page).toHaveTitle(`${type} of the page`)
    }
    await expect(it.rows).toHaveCount(0)
    // Text is the composer's.
    await drag(it.chat.composer, 'dragover', false)
    await expect(it.chat.panel).not.toHaveClass(/dropping/)

    await page.evaluate(() => (document.title = 'nothing yet'))
    await drag(it.chat.composer, 'dragenter')
    await drag(it.chat.composer, 'dragover')
    await expect(it.chat.panel).toHaveClass(/dropping/)
    const shown = await it.chat.panel.evaluate((panel) => getComputedStyle(panel, '::after').content)
    expect(shown).toContain('Drop files here')
    await drag(it.chat.composer, 'dragleave')
    await expect(it.chat.panel).not.toHaveClass(/dropping/)
    await drag(it.chat.composer, 'dragover')
    await drag(it.chat.composer, 'drop')
    await expect(it.chat.panel).not.toHaveClass(/dropping/)
    await it.uploaded(1)
    await expect(it.rows).toContainText(['dropped.txt'])
    // In sight of the list of conversations, too: the conversation is there again.
    await it.chat.conversations.click()
    await drag(it.chat.panel.getByText('No conversations yet'), 'drop')
    await it.uploaded(2)
    await expect(page).toHaveTitle('nothing yet')
  },
)

test(
  'a pasted picture is attached; text stays text, and what comes with text is the text',
  { tag: '@local' },
  async ({ attaching }) => {
    const it = await attaching()
    /** Gives whether the browser goes on to put it into the field. */
    const paste = (hasFile: boolean, text: string) =>
      it.chat.composer.evaluate(
        (box, [file, words]) => {
          const clipboardData = new DataTransfer()
          if (file) clipboardData.items.add(new File(['A lamp.'], 'image.txt', { type: 'text/plain' }))
          if (words) clipboardData.setData('text/plain', words)
          const init = { clipboardData, bubbles: true, composed: true, cancelable: true }
          return box.dispatchEvent(new ClipboardEvent('paste', init))
        },
        [hasFile, text] as const,
      )
    expect(await paste(false, 'A table')).toBe(true)
    expect(await paste(true, 'A table')).toBe(true)
    await expect(it.rows).toHaveCount(0)
    expect(await paste(true, '')).toBe(false)
    await it.uploaded(1)
  },
)

test('sending waits for uploads, says so, and is called off', { tag: '@local' }, async ({ attaching, model, page }) => {
  const question = unique('What does it say?')
  await model.says(question, 'A lamp.')
  const it = await attaching()
  const letGo = await holdUploads(page)
  await it.choose(textFile())
  const bar = it.place.getByRole('progressbar', { name: 'Upload of \u2068notes.txt\u2069' })
  await expect(bar).toHaveAttribute('aria-valuenow', /^\d+$/)
  await expect(it.row('notes.txt')).toContainText('Uploading…')
  await it.chat.composer.fill(question)
  await it.chat.composer.press('Enter')
  const waits = it.place.getByText('Sends when the upload is done.')
  await expect(waits).toBeVisible()
  await expect(it.status).toHaveText('Sends when the upload is done.')
  await it.chat.panel.getByRole('button', { name: 'Don’t send yet' }).click()
  await expect(waits).toBeHidden()
  await expect(it.chat.composer).toBeFocused()
  await expect(it.chat.composer).toHaveValue(question)
  await it.chat.send.click()
  await expect(waits).toBeVisible()
  letGo()
  await expect(it.sent).toContainText(['notes.txt'])
  await it.chat.answered()
  await expect(it.chat.composer).toHaveValue('')
  await expect(waits).toBeHidden()
  expect(await model.calls(question)).toHaveLength(1)
})

test(
  'a cancelled upload is taken off the server, and the others go on',
  { tag: '@local' },
  async ({ attaching, page }) => {
    const it = await attaching()
    const letGo = await holdUploads(page)
    const begun: string[] = []
    page.on('request', (request) => {
      if (request.method() === 'PUT') begun.push(request.url())
    })
    await it.choose(textFile('one.txt'), textFile('two.txt', 'Two.'))
    await expect.poll(() => begun.length).toBe(2)
    const taken = page.waitForRequest((request) => request.method() === 'DELETE')
    await it.press('Cancel the upload of', 'one.txt').focus()
    await page.keyboard.press('Enter')
    await expect(it.press('Cancel the upload of', 'two.txt')).toBeFocused()
    await taken
    letGo()
    await it.uploaded(1)
    await expect(it.status).toHaveText('\u2068two.txt\u2069 attached')
  },
)

test(
  'what Storage does not take is told, harms nothing else, and comes through at another try',
  { tag: '@local' },
  async ({ attaching, page }) => {
    await page.clock.install()
    const it = await attaching()
    await it.attach(textFile('first.txt', 'First.'))
    await it.chat.composer.fill('Half a')
    await page.route(UPLOADS, (route) => route.abort())
    await it.choose(pictureFile())
    const again = it.press('Try again:', 'logo.png')
    await expect(async () => {
      await page.clock.runFor(10_000)
      await expect(again).toBeVisible({ timeout: 200 })
    }).toPass()
    await expect(it.row('logo.png')).toContainText('can’t be reached')
    await it.chat.composer.press('Enter')
    const blocked = it.place.getByText('Not sent: try again what was not uploaded, or remove it.')
    await expect(blocked).toBeVisible()
    await expect(it.chat.composer).toHaveValue('Half a')
    await expect(it.rows).toHaveCount(2)
    await page.unroute(UPLOADS)
    await again.focus()
    await page.keyboard.press('Enter')
    await expect(it.row('logo.png').getByRole('button', { name: /^(Cancel|Remove)/ })).toBeFocused()
    await it.uploaded(2)
    await expect(blocked).toBeHidden()
  },
)

test('what can’t be attached says why, and what helps', { tag: '@local' }, async ({ attaching, page }) => {
  const it = await attaching({ maxFileBytes: 2_000, maxFilesPerMessage: 3, filesPerHour: 2 })
  const script = { name: 'tool.exe', mimeType: 'application/x-msdownload', buffer: Buffer.from('MZ\0\0') }
  await it.choose(script, textFile('long.txt', 'x'.repeat(3_000)), textFile('third.txt'), textFile('fourth.txt'))
  await expect(it.rows).toHaveCount(3)
  await expect(it.place).toContainText('Up to 3 files can go with a message.')
  await expect(it.row('tool.exe')).toContainText('Files of this type can’t be attached here.')
  await expect(it.row('long.txt')).toContainText('This file is too large. At most 2 kB.')
  await expect(it.place.getByRole('button', { name: /^Try again/ })).toHaveCount(0)
  for (const name of ['tool.exe', 'long.txt']) await it.press('Remove', name).click()
  await expect(it.place).not.toContainText('Up to 3 files')
  await it.choose(await photoFile(page))
  await it.uploaded(2)
  await it.choose(textFile('late.txt', 'Late.'))
  await expect(it.row('late.txt')).toContainText(/That was a lot at once\. Try again after .*\d+:\d\d/)
  await expect(it.press('Try again:', 'late.txt')).toBeVisible()
  await it.press('Remove', 'late.txt').click()
  await it.uploaded(2)
})

test('by the keyboard alone: to the button, and from file to file', { tag: '@local' }, async ({ attaching, page }) => {
  const it = await attaching()
  await it.chat.composer.focus()
  await page.keyboard.press('Shift+Tab')
  await expect(it.button).toBeFocused()
  const chooser = page.waitForEvent('filechooser')
  await page.keyboard.press('Enter')
  await (await chooser).setFiles([textFile('one.txt'), textFile('two.txt', 'Two.')])
  await it.uploaded(2)
  await expect(it.button).toBeFocused()
  await page.keyboard.press('Shift+Tab')
  await expect(it.press('Remove', 'two.txt')).toBeFocused()
  await page.keyboard.press('Shift+Tab')
  await expect(it.press('Remove', 'one.txt')).toBeFocused()
})

test(
  'what can’t be fetched for it is asked for once, and the rest works',
  { tag: '@local' },
  async ({ attaching, page }) => {
    const asked: string[] = []
    await page.route(/panel-(errors|attachments_de)-/, (route) => {
      asked.push(route.request().url())
      return route.abort()
    })
    const it = await attaching({ filesPerHour: 1 }, { data: { locale: 'de' } })
    const place = it.chat.panel.locator('input[type=file]')
    await place.setInputFiles([textFile()])
    // In English, then.
    await it.uploaded(1)
    await place.setInputFiles([textFile('late.txt', 'Late.')])
    await expect(it.row('late.txt')).toContainText('Das war viel auf einmal.')
    await it.press('Remove', 'late.txt').click()
    await it.chat.panel.getByRole('textbox').fill(unique('Was steht darin?'))
    await page.keyboard.press('Enter')
    await expect(it.chat.panel.locator('.files li')).toHaveCount(1)
    expect(asked.length).toBeLessThanOrEqual(2)
  },
)

test(
  'where the panel has no file for it, files are there by their names',
  { tag: '@local' },
  async ({ attaching, page }) => {
    const it = await attaching()
    await it.attach(textFile())
    await it.chat.send.click()
    await it.chat.answered()
    await page.route('**/panel-attachments-*', (route) => route.abort())
    await page.reload()
    await it.chat.open()
    await expect(it.chat.log.getByText('notes.txt')).toBeVisible()
    await it.chat.askAndWait(unique('Is all else there?'))
  },
)
