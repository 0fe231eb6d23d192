import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type Device, type InputSource, type Page } from './page.ts'
import { startProgram } from './process.ts'

/** Firefox speaks WebDriver BiDi by itself: no driver is needed. */
export async function startFirefox({ textSize = 16, touch = false }: Device): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'loacl-firefox-'))
  const settings = {
    'font.size.variable.x-western': textSize,
    // 1: coarse.
    ...(touch && { 'ui.primaryPointerCapabilities': 1, 'ui.allPointerCapabilities': 1 }),
  }
  const lines = Object.entries(settings).map(([name, value]) => `user_pref("${name}", ${value});\n`)
  await writeFile(join(profile, 'user.js'), lines)
  const program = startProgram('firefox', [
    '--headless',
    '--no-remote',
    '--remote-debugging-port=0',
    '--profile',
    profile,
  ])
  const address = await program.find('stderr', /WebDriver BiDi listening on (ws:\S+)/)
  const connection = await Connection.open(`${address}/session`)
  const { capabilities } = await connection.send<{ capabilities: { browserVersion: string } }>('session.new', {
    capabilities: {},
  })
  return {
    async newVisitor() {
      const { userContext } = await connection.send<{ userContext: string }>('browser.createUserContext', {})
      return {
        browser: `Firefox ${capabilities.browserVersion}`,
        async newPage() {
          const params = { type: 'window', userContext }
          const { context } = await connection.send<{ context: string }>('browsingContext.create', params)
          return new FirefoxPage(connection, context)
        },
        async leave() {
          await connection.send('browser.removeUserContext', { userContext })
        },
      }
    },
    async close() {
      await program.stop()
      await rm(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** Commands and their answers, by number. */
class Connection {
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  #last = 0

  static async open(url: string): Promise<Connection> {
    const socket = new WebSocket(url)
    await once(socket, 'open')
    return new Connection(socket)
  }

  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => {
      const { id, type, result, error, message } = JSON.parse(String(data)) as Record<string, unknown>
      const waiting = this.#waiting.get(id as number)
      if (type === 'success') waiting?.resolve(result)
      else if (type === 'error') waiting?.reject(new Error(`${String(error)}: ${String(message)}`))
    })
  }

  async send<Result>(method: string, params: object): Promise<Result> {
    const id = ++this.#last
    const waiting = Promise.withResolvers<unknown>()
    this.#waiting.set(id, waiting)
    this.#socket.send(JSON.stringify({ id, method, params }))
    return (await waiting.promise) as Result
  }
}

interface Evaluated {
  type: 'success' | 'exception'
  result: { value?: string }
  exceptionDetails?: { text: string }
}

class FirefoxPage implements Page {
  readonly #connection: Connection
  readonly #context: string

  constructor(connection: Connection, context: string) {
    this.#connection = connection
    this.#context = context
  }

  async goTo(url: string): Promise<void> {
    await this.#send('browsingContext.navigate', { url, wait: 'complete' })
  }

  async reload(): Promise<void> {
    await this.#send('browsingContext.reload', { wait: 'complete' })
  }

  async evaluate<Given extends unknown[], Result>(
    run: (...given: Given) => Result,
    ...given: Given
  ): Promise<Awaited<Result>> {
    const { result, exceptionDetails } = await this.#connection.send<Evaluated>('script.callFunction', {
      functionDeclaration: `async (given) => JSON.stringify(await (${String(run)})(...JSON.parse(given)))`,
      arguments: [{ type: 'string', value: JSON.stringify(given) }],
      awaitPromise: true,
      target: { context: this.#context },
    })
    if (exceptionDetails) throw new Error(exceptionDetails.text)
    return (result.value === undefined ? undefined : JSON.parse(result.value)) as Awaited<Result>
  }

  async perform(actions: readonly InputSource[]): Promise<void> {
    await this.#send('input.performActions', { actions })
  }

  async resize(width: number, height: number): Promise<void> {
    await this.#send('browsingContext.setViewport', { viewport: { width, height } })
  }

  #send(method: string, params: object): Promise<unknown> {
    return this.#connection.send(method, { ...params, context: this.#context })
  }
}
