import { expect } from '@playwright/test'
import { holdUploads } from './attaching.ts'
import { drawnFile, pdfFile, type TestFile, textFile } from './files.ts'
import { unique } from './model.ts'
import { inLargeText, PHONE, type Play, type Stage } from './stage.ts'

const ATTACH = 'input[type=file]'

/** Files on their way, sent, in the conversation, failed, and many with long names. */
export async function playAttachments({ model, owner, scene }: Stage): Promise<void> {
  const assistant = await owner.addAssistant({
    name: 'Harbour Lights',
    fileTypes: ['image/png', 'image/jpeg', 'application/pdf', 'text/plain', 'text/csv'],
    maxFileBytes: 500_000,
    maxFilesPerMessage: 6,
  })

  const attachments: Play = async ({ chat, page, shoot }) => {
    const { panel } = chat
    const [place, rows, sent] = [
      panel.locator('.attachments'),
      panel.locator('.attachment'),
      panel.locator('.files li'),
    ]
    const give = (...files: TestFile[]) => panel.locator(ATTACH).setInputFiles(files)
    const question = unique('Does this light fit my fork?')
    await model.says(question, 'It does: the bracket takes forks of up to **32 mm**.')
    await chat.launcher.click()
    await expect(panel.locator('.attach')).toBeVisible()
    await shoot('1-empty')
    await give(await drawnFile(page, 'headlight.jpg', 640, 480))
    await expect(rows.locator('canvas')).toBeVisible()
    await expect(place.getByRole('progressbar')).toHaveCount(0)
    const letGo = await holdUploads(page)
    await give(pdfFile('mounting instructions for the dynamo headlight, second edition.pdf'))
    await expect(place.getByRole('progressbar')).toBeVisible()
    await shoot('2-uploading')
    await panel.locator('textarea').fill(question)
    await panel.locator('.send').click()
    await expect(place.locator('.uploads')).toBeVisible()
    await shoot('3-waits')
    letGo()
    await expect(sent).toHaveCount(2)
    await expect(panel.locator('.icon-send')).toBeVisible()
    await shoot('4-answered')
    await page.unrouteAll()
    await give(
      { name: 'tool.exe', mimeType: 'application/x-msdownload', buffer: Buffer.from('MZ\0\0') },
      textFile('diary.txt', 'x'.repeat(600_000)),
    )
    await page.route('**/loacl-chat/files', (route) =>
      route.fulfill({
        status: 429,
        headers: { 'access-control-allow-origin': '*' },
        json: { error: { code: 'file_quota_exceeded', message: '', requestId: 'r1', retryAfterMs: 40_000_000 } },
      }),
    )
    await give(textFile())
    await expect(place.locator('.failed')).toHaveCount(3)
    await panel.locator('.send').click()
    await expect(place.locator('.failures')).toBeVisible()
    await shoot('5-failed')
    await panel.locator('header .icon').first().click()
    while ((await rows.count()) > 0) await rows.first().locator('.icon').click()
    await page.unrouteAll()
    const long = 'a_name_that_goes_on_and_on_'.repeat(30)
    await give(
      ...(await Promise.all([1, 2, 3].map((number) => drawnFile(page, `photo ${number}.jpg`, 300 * number, 400)))),
      textFile('قائمة الأسعار.txt', 'One.'),
      textFile(`${long}.txt`, 'Two.'),
      textFile('bill\u202efdp.txt', 'Three.'),
      textFile('one_too_many.txt', 'Four.'),
    )
    await expect(rows).toHaveCount(6)
    await expect(place.getByRole('progressbar')).toHaveCount(0)
    await shoot('6-many')
    await panel.locator('.send').click()
    await expect(sent).toHaveCount(6)
    await expect(panel.locator('.icon-send')).toBeVisible()
    await sent.first().evaluate((log) => {
      for (let element: Element | null = log; element; element = element.parentElement) element.scrollTop = 0
    })
    await expect(sent.locator('canvas').first()).toBeVisible()
    await shoot('7-many-sent')
    await panel.evaluate((dialog) => {
      const dataTransfer = new DataTransfer()
      dataTransfer.items.add(new File([''], 'a.txt'))
      dialog.dispatchEvent(new DragEvent('dragover', { dataTransfer, bubbles: true, cancelable: true }))
    })
    await shoot('8-dragged')
  }

  const data = { assistant }
  await scene('attachments-light', {}, attachments, 'plain', data)
  await scene('attachments-dark', { colorScheme: 'dark' }, attachments, 'plain', data)
  await scene('attachments-phone', PHONE, attachments, 'plain', data)
  await scene('attachments-phone-dark', { ...PHONE, colorScheme: 'dark' }, attachments, 'plain', data)
  await scene('attachments-narrow', { ...PHONE, viewport: { width: 320, height: 568 } }, attachments, 'plain', data)
  await scene('attachments-landscape', { ...PHONE, viewport: { width: 844, height: 390 } }, attachments, 'plain', data)
  await scene('attachments-rtl', {}, attachments, 'rtl', { ...data, locale: 'ar' })
  await scene('attachments-german', {}, attachments, 'plain', { ...data, locale: 'de' })
  await scene(
    'attachments-zoomed',
    { viewport: { width: 550, height: 380 }, deviceScaleFactor: 2 },
    attachments,
    'plain',
    data,
  )
  await scene('attachments-large-text', {}, inLargeText(attachments), 'plain', data)
  await scene('attachments-forced-colors', { forcedColors: 'active' }, attachments, 'plain', data)
  await scene(
    'attachments-forced-colors-dark',
    { forcedColors: 'active', colorScheme: 'dark' },
    attachments,
    'plain',
    data,
  )
  await scene('attachments-hostile', {}, attachments, 'hostile-css', data)
}
