// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type ChatElement, type LoadWidget, setUp } from '../src/launcher/chat_element.ts'
import type { LauncherWidget } from '../src/types.ts'

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(console, 'error').mockImplementation(() => {})
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  document.body.replaceChildren()
})

/** Presses the launcher of a chat whose panel's file comes, or doesn't, as `load` says, and lets a tenth of a second pass. */
async function press(load: LoadWidget): Promise<HTMLElement | null> {
  const host = document.createElement('div') as unknown as ChatElement
  host.options = { assistant: 'a1' }
  document.body.append(host)
  setUp(host, load)
  host.connected()
  host.launcher.click()
  await vi.advanceTimersByTimeAsync(100)
  const notice = host.shadowRoot!.querySelector<HTMLElement>('.notice')
  return notice && !notice.hidden ? notice : null
}
const never = new Promise<never>(() => {})
/** The file has come: the widget's `press` is what `opening` gives. */
const comes =
  (opening: () => Promise<void>): LoadWidget =>
  async (host) => {
    host.loaded = true
    return { press: opening } as LauncherWidget
  }

test('the frame is there until the panel’s file has come', async () => {
  expect((await press(() => never))!.textContent).toBe('')
})

test('a panel whose file has come is drawn without a frame before it', async () => {
  expect(await press(comes(() => never))).toBeNull()
})

test('what fails once the file has come is said in words', async () => {
  const notice = await press(comes(() => Promise.reject(new Error('No panel.'))))
  expect(notice!.textContent).toBe('The chat did not load. Try again.')
})
