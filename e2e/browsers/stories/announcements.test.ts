import { expect, test, unique } from '../support/fixtures.ts'

/** Collects in `window.heard` what assistive technology is told by the panel. Runs in the page. */
function listen(): void {
  const heard: string[] = []
  Object.assign(window, { heard })
  const panel = document.querySelector('loacl-chat')!.shadowRoot!.querySelector('dialog')!
  new MutationObserver((records) => {
    const regions = records.map(({ target }) =>
      (target instanceof Element ? target : target.parentElement)?.closest('[role=status], [role=alert], [role=log]'),
    )
    for (const region of new Set(regions))
      if (region && region.getAttribute('aria-live') !== 'off' && region.textContent!.trim())
        heard.push(region.textContent!.trim().replace(/[\u2068\u2069]/g, ''))
  }).observe(panel, { childList: true, characterData: true, subtree: true })
}

test('a screen reader is told once that an answer comes, once how it reads, and once of an error', async ({
  visit,
  model,
}) => {
  const [question, next, failing] = [unique('Where is the pump?'), unique('And the oil?'), unique('And the rags?')]
  const text = 'The pump stands by the door, where the light is.'
  await model.says(question, { text, holdAfter: 12 })
  await model.says(next, { text: 'On the *shelf*.', followUps: ['Which shelf?'] })
  await model.says(failing, { status: 500 })
  const chat = await visit()
  await chat.open()
  // Before the session is open the assistant has no name, and "Loading…" is said.
  await chat.has('Do you rent bicycles?')
  await chat.page.evaluate(listen)
  const heard = () => chat.page.evaluate(() => (window as unknown as { heard: string[] }).heard)
  await chat.ask(question)
  await chat.reads(question, expect.stringMatching(/^The pump/))
  await model.says(question, { text, holdAfter: 30 })
  await chat.reads(question, expect.stringContaining('by the door'))
  await model.says(question, { text, followUps: [] })
  await chat.answered()
  await expect.poll(async () => (await heard()).at(-1)).toContain(text)
  await chat.ask(next)
  await expect.poll(async () => (await heard()).at(-1)).toContain('On the shelf.')
  await chat.sees({ followUps: ['Which shelf?'] })
  await chat.ask(failing)
  await expect.poll(async () => (await heard()).at(-1)).toContain('can’t answer')
  const thinking = expect.stringMatching(/ is thinking$/)
  expect(await heard()).toEqual([
    thinking,
    expect.stringMatching(/^[^:]+ answered:\s+The pump stands by the door, where the light is\.$/),
    thinking,
    expect.stringMatching(/^[^:]+ answered:\s+On the shelf\.$/),
    thinking,
    expect.stringMatching(/^The assistant can’t answer/),
  ])
})
