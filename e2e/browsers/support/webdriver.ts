import { vi } from 'vitest'
import { type InputSource, type Page, type Visitor } from './page.ts'

/** A visitor of one's own, in a browser that a driver at this address starts for it. */
export async function startVisitor(driver: string, name: string, capabilities: object): Promise<Visitor> {
  await vi.waitFor(() => fetch(`${driver}/status`), { timeout: 10_000 })
  const { sessionId, capabilities: granted } = await command<{
    sessionId: string
    capabilities: { browserVersion: string }
  }>('POST', `${driver}/session`, { capabilities: { alwaysMatch: capabilities } })
  const session = `${driver}/session/${sessionId}`
  const windows = new Windows(session)
  return {
    browser: `${name} ${granted.browserVersion}`,
    newPage: () => windows.open(),
    leave: () => command('DELETE', session),
  }
}

async function command<Result>(method: 'POST' | 'DELETE', url: string, body?: object): Promise<Result> {
  const response = await fetch(url, { method, ...(body && { body: JSON.stringify(body) }) })
  const { value } = (await response.json()) as { value: Result & { error?: string; message?: string } }
  if (!response.ok) throw new Error(`${value.error}: ${value.message}`)
  return value
}

/** The windows of a session. Its commands go to one of them at a time. */
class Windows {
  readonly #session: string
  #current = ''

  constructor(session: string) {
    this.#session = session
  }

  async open(): Promise<Page> {
    const { handle } = await command<{ handle: string }>('POST', `${this.#session}/window/new`, { type: 'window' })
    return new WindowPage(this, handle)
  }

  async post<Result>(handle: string, path: string, body: object = {}): Promise<Result> {
    if (this.#current !== handle) await command('POST', `${this.#session}/window`, { handle })
    this.#current = handle
    return command<Result>('POST', `${this.#session}/${path}`, body)
  }
}

class WindowPage implements Page {
  readonly #windows: Windows
  readonly #handle: string

  constructor(windows: Windows, handle: string) {
    this.#windows = windows
    this.#handle = handle
  }

  async goTo(url: string): Promise<void> {
    await this.#post('url', { url })
  }

  async reload(): Promise<void> {
    await this.#post('refresh')
  }

  async evaluate<Given extends unknown[], Result>(
    run: (...given: Given) => Result,
    ...given: Given
  ): Promise<Awaited<Result>> {
    // As JSON, for what a driver makes of an element or of `undefined` is its own.
    const script = `const [given, done] = arguments;
      Promise.resolve((${String(run)})(...given)).then(
        (result) => done(JSON.stringify({ result })), (error) => done(JSON.stringify({ error: String(error) })))`
    const answer = await this.#post<string>('execute/async', { script, args: [given] })
    const { result, error } = JSON.parse(answer) as { result: Awaited<Result>; error?: string }
    if (error !== undefined) throw new Error(error)
    return result
  }

  async perform(actions: readonly InputSource[]): Promise<void> {
    await this.#post('actions', { actions })
  }

  async resize(width: number, height: number): Promise<void> {
    // A window is larger than the page in it, by how much only the page can say.
    const size = () => this.evaluate(() => [outerWidth - innerWidth, outerHeight - innerHeight] as const)
    const [extraWidth, extraHeight] = await size()
    await this.#post('window/rect', { width: width + extraWidth, height: height + extraHeight })
    await vi.waitFor(async () => {
      const seen = await this.evaluate(() => `${innerWidth} × ${innerHeight}`)
      if (seen !== `${width} × ${height}`) throw new Error(`The page is ${seen}, not ${width} × ${height}.`)
    }, 5000)
  }

  #post<Result>(path: string, body?: object): Promise<Result> {
    return this.#windows.post(this.#handle, path, body)
  }
}
