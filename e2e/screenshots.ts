// Takes pictures of the widget in every state, for a person to check: `node e2e/screenshots.ts [folder] [scenes]`, where `scenes`
// is how the names of the wanted ones begin.
import { expect } from '@playwright/test'
import { MODERATED_WORDS } from '@loacl/mock-model'
import { playAttachments } from './support/attachment_scenes.ts'
import { unique } from './support/model.ts'
import { pageAddress } from './support/pages.ts'
import { inLargeText, openStage, PHONE, type Scene, TABLET } from './support/stage.ts'

const RICH = `## Renting a bicycle

We rent **three kinds**, all with lights and a lock. You can pick one up at [Quay 4](https://harbour.example/quay-4):

| Kind | Day | Week | Good for |
| --- | ---: | ---: | --- |
| City | €14 | €60 | errands, cobbles |
| Touring | €22 | €95 | the coast road |
| Cargo | €35 | €160 | two children or a piano stool |

1. Choose a size: we have frames from \`48\` to \`62\` cm.
2. Leave a deposit of *€50*.
3. Ride:
   - by day until six,
   - or overnight.

\`\`\`js
const price = ({ days, kind }) => Math.min(days * DAY[kind], Math.ceil(days / 7) * WEEK[kind])
\`\`\`

> Helmets are free, and we would rather you took one.`

const [, , folder, wantedScenes] = process.argv
const stage = await openStage(folder, wantedScenes)
const { model, owner, scene, target } = stage
const reasoner = await owner.addAssistant({ name: 'Harbour Boats', showReasoning: true })
const shop = await owner.addAssistant({ name: 'Harbour Boats, orders' })
const moderated = await owner.addAssistant({
  name: 'Harbour Boats, moderated',
  moderatesInput: true,
  moderatesOutput: true,
})
const ORDERS = 'https://orders.harbour.invalid/'
await owner.addTool(shop, {
  name: 'cancel_order',
  endpoint: ORDERS,
  words: {
    en: { title: 'Cancel an order', sentence: 'Cancels the order and refunds what you paid. This can’t be undone.' },
    ar: { title: 'إلغاء طلب', sentence: 'يلغي الطلب ويعيد ما دفعته. لا يمكن التراجع عن ذلك.' },
  },
})
await owner.addTool(shop, { name: 'send_email', endpoint: ORDERS })
/** The whole story, as a visitor sees it. */
async function story({ chat, shoot, page }: Scene): Promise<void> {
  const [question, failing] = [
    unique('Do you rent bicycles, and what does it cost?'),
    unique('Is the piano stool included?'),
  ]
  await model.says(question, {
    text: RICH,
    holdAfter: 0,
    followUps: ['Can I ride overnight?', 'Do you have child seats?'],
    title: 'Renting a bicycle',
  })
  await model.says(failing, { status: 500 })
  await shoot('1-closed')
  await chat.open()
  await expect(chat.questions).toBeVisible()
  await shoot('2-empty')
  await chat.ask(question)
  await expect(chat.log).toContainText('is thinking')
  await shoot('3-thinking')
  await model.says(question, {
    text: RICH,
    holdAfter: 330,
    followUps: ['Can I ride overnight?', 'Do you have child seats?'],
    title: 'Renting a bicycle',
  })
  await expect(chat.log).toContainText('Touring')
  await shoot('4-streaming')
  await model.says(question, {
    text: RICH,
    followUps: ['Can I ride overnight?', 'Do you have child seats?'],
    title: 'Renting a bicycle',
  })
  await chat.answered()
  await expect(chat.followUps).toBeVisible()
  await shoot('5-answered')
  await chat.log.evaluate((log) => {
    for (let element: Element | null = log; element; element = element.parentElement) element.scrollTop = 0
  })
  await shoot('6-answered-top')
  await chat.ask(failing)
  await expect(chat.alert).toBeVisible()
  await shoot('7-error')
  await chat.newChat.click()
  const stopped = unique('How does rust begin?')
  await model.says(stopped, { text: 'Rust begins where paint ends.', holdAfter: 15 })
  await chat.ask(stopped)
  await expect(chat.log).toContainText('Rust begins where')
  await chat.stop.click()
  await chat.answered()
  await chat.composer.fill(
    'A draft of\nseveral lines,\nas long as it gets\nand then some,\nand more,\nand more,\nuntil it scrolls',
  )
  await shoot('8-stopped-and-draft')
  await chat.conversations.click()
  await expect(chat.panel.getByRole('button', { name: /Renting a bicycle/ })).toBeVisible()
  await shoot('9-conversations')
  await page.keyboard.press('Escape')
}

async function arabic({ chat, shoot }: Scene): Promise<void> {
  const question = 'متى تفتحون أبوابكم؟'
  await model.says(question, {
    text: '## أوقات العمل\n\nنفتح كل يوم في **التاسعة صباحا**:\n\n- الاثنين\n- الثلاثاء\n\n| اليوم | الساعة |\n|---|---|\n| الأحد | مغلق |\n\n```sh\nnpm start\n```\n\n> أهلا بكم',
    followUps: ['هل تؤجرون الدراجات؟'],
  })
  await chat.open()
  await shoot('empty')
  await chat.askAndWait(question)
  await expect(chat.followUps).toBeVisible()
  await shoot('answered')
  const failing = unique('Where is it?')
  await model.says(failing, { status: 500 })
  await chat.ask(failing)
  await expect(chat.alert).toBeVisible()
  await shoot('error')
  await chat.conversations.click()
  await expect(chat.panel.getByRole('listitem').first()).toBeVisible()
  await shoot('conversations')
}

/** Reasoning and sources, in English or in Arabic. */
async function parts({ chat, shoot, page }: Scene, isArabic = false): Promise<void> {
  const question = isArabic ? unique('كم تكلف المرساة؟') : unique('What does an anchor cost, and what holds it?')
  const reply = {
    reasoning: isArabic
      ? ['**وزن المراسي**\n\nالقارب صغير، فتكفي مرساة خفيفة.']
      : [
          '**Weighing anchors**\n\nThe boat is small, so ten kilos will do. The list has two of them.',
          '**Looking for a rope**\n\n- Four are long enough.\n- One of them floats.',
        ],
    text: isArabic ? 'تكلف المرساة **٤٠ يورو**.' : 'A ten-kilo anchor costs **€40**. It needs a rope of twelve metres.',
    sources: [
      {
        url: 'https://harbour.example/anchors',
        title: isArabic ? 'المراسي التي نبيعها' : 'Anchors we sell',
        for: isArabic ? '**٤٠ يورو**' : 'costs **€40**',
      },
      { url: 'https://www.a-shop-with-a-long-name.example/ropes?length=12', for: isArabic ? '' : 'twelve metres' },
      { filename: 'price-list-2026.pdf', quote: 'Anchor, 10 kg: 40.00', for: isArabic ? 'المرساة' : 'costs **€40**' },
    ],
    ...(isArabic ? {} : { more: 'We have both in stock at *Quay 4*.' }),
    followUps: [],
  }
  await model.says(question, { ...reply, holdAfter: 0 })
  await chat.open()
  await chat.ask(question)
  const summary = chat.log.locator('summary').first()
  await expect(summary).toHaveText('Thinking…')
  await shoot('1-thinking')
  await model.says(question, reply)
  await chat.answered()
  await shoot('2-answered')
  await summary.focus()
  await page.keyboard.press('Enter')
  await shoot('3-opened')
  await page.keyboard.press('Enter')
  await chat.log.getByRole('button', { name: /: price-list-2026\.pdf$/ }).click()
  await shoot('4-source')
}

/** Requests for approval, and what becomes of them. */
async function requests({ chat, shoot, page }: Scene): Promise<void> {
  const question = unique('Please cancel my order.')
  const order = { order: 'A-1042', reason: 'The frame is \u202etoo small', refund: { amount: 249.5, currency: 'EUR' } }
  const email = { to: 'ada@harbour.example', body: 'I would like to cancel my order. '.repeat(40) }
  const calls = [
    [
      { name: 'cancel_order', arguments: order },
      { name: 'send_email', arguments: email },
    ],
  ]
  await model.says(question, { calls, text: 'I could not reach the shop.', followUps: [] })
  await chat.open()
  await chat.ask(question)
  const approve = chat.log.getByRole('button', { name: 'Approve' })
  await expect(approve).toHaveCount(2)
  await shoot('1-asked')
  await page.route('**/decision', (route) => route.abort())
  await approve.first().click()
  await expect(chat.log.getByRole('alert').first()).not.toBeEmpty({ timeout: 60_000 })
  await shoot('2-not-sent')
  await page.unroute('**/decision')
  await approve.first().click()
  await expect(approve).toHaveCount(1)
  await chat.log.getByRole('button', { name: 'Deny' }).click()
  await expect(chat.message('I could not reach the shop.')).toBeVisible()
  await chat.log.locator('summary').first().click()
  await shoot('3-decided')
}

/** Other answers, other questions, an answer that can go on, and what moderation leaves of one. */
async function siblings({ chat, shoot }: Scene, isArabic = false): Promise<void> {
  const [question, edited, flagged] = isArabic
    ? [unique('أي جرس أعلى صوتا؟'), unique('أي جرس أرخص؟'), unique('قل شيئا.')]
    : [unique('Which bell is loudest?'), unique('Which bell is cheapest?'), unique('Say something.')]
  const text = isArabic ? 'الجرس **النحاسي**، وهو الأغلى أيضا.' : 'The **brass** one, which is the dearest, too.'
  const buttons = () => chat.log.locator('.under').last().getByRole('button')
  await model.says(question, { text, followUps: [] })
  await chat.open()
  await chat.askAndWait(question)
  await buttons().last().click()
  await expect(chat.log.getByRole('group')).toHaveCount(1)
  await chat.answered()
  await shoot('1-two-answers')
  await model.says(edited, { text, incomplete: 'max_output_tokens', followUps: [] })
  await chat.log.locator('.under').first().getByRole('button').first().click()
  await chat.log.getByRole('textbox').fill(edited)
  await shoot('2-editing')
  await chat.log.locator('form button').first().click()
  await expect(chat.log.getByRole('textbox')).toBeHidden()
  await chat.answered()
  await shoot('3-edited-and-cut')
  await model.says(flagged, { text: `${text} ${MODERATED_WORDS.flagged}`, followUps: [] })
  await chat.ask(flagged)
  await expect(chat.alert).toBeVisible()
  await shoot('4-withdrawn')
}

async function longWords({ chat, shoot }: Scene): Promise<void> {
  const question = unique(`${'W'.repeat(120)} 👩‍👩‍👧‍👦 https://harbour.example/${'path/'.repeat(30)}`)
  await model.says(question, {
    text: `${'x'.repeat(300)}\n\nhttps://harbour.example/${'y'.repeat(200)}\n\n| ${'wide '.repeat(12)} | ${'a'.repeat(60)} | b | c |\n|---|---|---|---|\n| 1 | 2 | 3 | 4 |\n\n\`\`\`\n${'z'.repeat(200)}\n\`\`\`\n\n1. one\n   1. two\n      - three\n        - four`,
    followUps: ['A follow-up question that is about as long as they get at eighty characters'],
  })
  await chat.open()
  await chat.askAndWait(question)
  await expect(chat.followUps).toBeVisible()
  await shoot('answered')
}

async function tables({ chat, shoot }: Scene): Promise<void> {
  const question = unique('Which lock?')
  const word = `| Lock | Part number | Why |\n|---|---|---|\n| Chain | ${'X9'.repeat(30)} | It goes around a lamp post and both wheels |`
  const prose = `| Lock | Why |\n|---|---|\n| A chain of hardened steel, two metres long | It goes around a lamp post and both wheels |`
  const numbers = '| Lock | Day | Week |\n|---|---:|---:|\n| Chain | €2 | €9 |'
  await model.says(question, [word, prose, numbers].join('\n\n'))
  await chat.open()
  await chat.askAndWait(question)
  await shoot('answered')
}

async function refused({ chat, shoot, page }: Scene): Promise<void> {
  await page.goto(
    pageAddress(target.pagesOrigin, 'plain', {
      url: target.url,
      key: 'sb_publishable_wrong',
      assistant: target.assistantId,
    }),
  )
  await chat.launcher.click()
  await expect(chat.alert).toBeVisible()
  await shoot('wrong-key')
}

async function tooLong({ chat, shoot }: Scene): Promise<void> {
  await chat.open()
  await expect(chat.questions).toBeVisible()
  await chat.composer.fill('harbour '.repeat(12_500))
  await shoot('too-long')
}

async function offline({ chat, shoot, page }: Scene): Promise<void> {
  await chat.open()
  await expect(chat.questions).toBeVisible()
  await page.context().setOffline(true)
  await chat.ask(unique('Is anybody there?'))
  await expect(chat.log).toContainText('Reconnecting…')
  await shoot('asked')
  await chat.conversations.click()
  await expect(chat.alert).toBeVisible()
  await shoot('conversations')
}

/** Who asks too much waits, and sees for how long. */
async function countdown({ chat, shoot, page }: Scene): Promise<void> {
  const headers = { 'access-control-allow-origin': '*' }
  const error = {
    code: 'rate_limited',
    message: '',
    requestId: '0b7c0d5e-9b0a-4d39-8c57-0a4b2f1f5c11',
    retryAfterMs: 9e4,
  }
  await chat.open()
  await page.route('**/loacl-chat/turns', (route) => route.fulfill({ status: 429, headers, json: { error } }))
  await chat.ask(unique('Is there a discount?'))
  await expect(chat.alert.getByRole('timer')).toBeVisible()
  await shoot('refused')
}

/** The panel's frame, until the panel has come. */
async function frame({ chat, shoot, page }: Scene): Promise<void> {
  const asked = new Promise<void>((resolve) => void page.route(/panel-[\w-]{8}\.js/, () => resolve()))
  await chat.launcher.click()
  await asked
  await shoot('alone')
}

await scene('light', {}, story)
await scene('dark', { colorScheme: 'dark' }, story)
await scene('phone', PHONE, story)
await scene('phone-dark', { ...PHONE, colorScheme: 'dark' }, story)
await scene('keyboard', { ...PHONE, viewport: { width: 390, height: 380 } }, story)
await scene('narrow', { ...PHONE, viewport: { width: 320, height: 568 } }, longWords)
await scene('wide', {}, longWords)
await scene('tables-narrow', { ...PHONE, viewport: { width: 320, height: 700 } }, tables)
await scene('tables-wide', {}, tables)
await scene('rtl', {}, arabic, 'rtl')
await scene('rtl-phone', PHONE, arabic, 'rtl')
await scene('rtl-locale', {}, arabic, 'plain', { locale: 'ar' })
await scene('rtl-locale-phone', PHONE, arabic, 'rtl', { locale: 'ar' })
await scene('refused', {}, refused)
await scene('too-long', {}, tooLong)
await scene('offline', {}, offline)
await scene('zoomed', { viewport: { width: 320, height: 256 }, deviceScaleFactor: 4 }, story)
await scene('tablet', TABLET, story)
await scene('tablet-waits', TABLET, countdown)
await scene('landscape', { ...PHONE, viewport: { width: 844, height: 390 } }, story)
await scene('landscape-waits', { ...PHONE, viewport: { width: 844, height: 390 } }, countdown)
await scene('large-text', {}, inLargeText(story))
await scene('large-text-waits', {}, inLargeText(countdown))
await scene('large-text-phone', PHONE, inLargeText(story))
await scene('frame', {}, frame)
await scene('frame-dark', { colorScheme: 'dark' }, frame)
await scene('frame-phone', PHONE, frame)
await scene('frame-landscape', { ...PHONE, viewport: { width: 844, height: 390 } }, frame)
await scene('waits-dark', { colorScheme: 'dark' }, countdown)
await scene('low', { viewport: { width: 1100, height: 400 } }, story)
await scene('hostile', {}, story, 'hostile-css')
await scene('forced-colors', { forcedColors: 'active' }, story)
await scene('forced-colors-dark', { forcedColors: 'active', colorScheme: 'dark' }, story)

const reasoning = { assistant: reasoner }
await scene('parts-light', {}, parts, 'plain', reasoning)
await scene('parts-dark', { colorScheme: 'dark' }, parts, 'plain', reasoning)
await scene('parts-phone', PHONE, parts, 'plain', reasoning)
await scene('parts-rtl', {}, (arabicScene) => parts(arabicScene, true), 'rtl', { ...reasoning, locale: 'ar' })
await scene('parts-forced-colors', { forcedColors: 'active' }, parts, 'plain', reasoning)

const moderation = { assistant: moderated }
await scene('siblings-light', {}, siblings, 'plain', moderation)
await scene('siblings-dark', { colorScheme: 'dark' }, siblings, 'plain', moderation)
await scene('siblings-phone', PHONE, siblings, 'plain', moderation)
await scene('siblings-rtl', {}, (arabicScene) => siblings(arabicScene, true), 'rtl', { ...moderation, locale: 'ar' })
await scene('siblings-rtl-phone', PHONE, (arabicScene) => siblings(arabicScene, true), 'rtl', {
  ...moderation,
  locale: 'ar',
})
await scene('siblings-forced-colors', { forcedColors: 'active' }, siblings, 'plain', moderation)
await scene('siblings-large-text-phone', PHONE, inLargeText(siblings), 'plain', moderation)

const orders = { assistant: shop }
await scene('requests-light', {}, requests, 'plain', orders)
await scene('requests-dark', { colorScheme: 'dark' }, requests, 'plain', orders)
await scene('requests-phone', PHONE, requests, 'plain', orders)
await scene('requests-rtl', {}, requests, 'rtl', { ...orders, locale: 'ar' })
await scene('requests-forced-colors', { forcedColors: 'active' }, requests, 'plain', orders)
await scene('requests-large-text', {}, inLargeText(requests), 'plain', orders)

await playAttachments(stage)
await stage.close()
console.log(folder)
