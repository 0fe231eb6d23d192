// What @loacl/core makes of files before it uploads them, in a page that imports what is built of it.
import { type Page, type Request } from '@playwright/test'
import { concat, jpegSegment, makePng, pngChunk, toText } from '../../supabase/functions/_shared/test/sample_files.ts'
import { expect, test as base } from '../support/fixtures.ts'
import { pageAddress } from '../support/pages.ts'

const PICTURES = ['image/png', 'image/jpeg', 'image/webp', 'image/gif']

interface Made {
  /** A picture that the page draws, red on its left and blue on its right. */
  width: number
  height: number
  type: string
  isClear?: boolean
  /** Of another colour in each pixel, so that nothing compresses it. */
  isNoise?: boolean
}

/** What the server has after an upload, and how a browser shows it. */
interface Uploaded {
  file: { name: string; type: string; size: number; width?: number; height?: number }
  base64: string
  colours: [top: number[], bottom: number[], left: number[], right: number[]]
}

class Uploads {
  readonly page: Page
  readonly address: string

  constructor(page: Page, address: string) {
    this.page = page
    this.address = address
  }

  /** A picture's bytes. */
  async draw(made: Made): Promise<Uint8Array> {
    const base64 = await this.page.evaluate(async ({ width, height, type, isClear, isNoise }) => {
      const canvas = new OffscreenCanvas(width, height)
      const context = canvas.getContext('2d')!
      if (isNoise) {
        const pixels = context.createImageData(width, height)
        for (let at = 0; at < pixels.data.length; at += 65_536)
          crypto.getRandomValues(pixels.data.subarray(at, at + 65_536))
        for (let at = 3; at < pixels.data.length; at += 4) pixels.data[at] = 255
        context.putImageData(pixels, 0, 0)
      } else {
        context.fillStyle = isClear ? 'rgb(255 0 0 / 50%)' : 'red'
        context.fillRect(0, 0, width / 2, height)
        context.fillStyle = 'blue'
        context.fillRect(width / 2, 0, width / 2, height)
      }
      const bytes = new Uint8Array(await (await canvas.convertToBlob({ type, quality: 0.95 })).arrayBuffer())
      let binary = ''
      for (let at = 0; at < bytes.length; at += 8_192) binary += String.fromCharCode(...bytes.subarray(at, at + 8_192))
      return btoa(binary)
    }, made)
    return Buffer.from(base64, 'base64')
  }

  /** Uploads bytes as a visitor's file. Gives the error's code where it fails. */
  async upload(bytes: Uint8Array, name: string, type = ''): Promise<Uploaded | string> {
    const base64 = Buffer.from(bytes).toString('base64')
    return await this.page.evaluate(
      async ([content, fileName, mimeType]) => {
        const client = await window.client
        const made = new File([Uint8Array.from(atob(content), (c) => c.charCodeAt(0))], fileName, { type: mimeType })
        try {
          const file = await client.files.upload(made)
          const { url } = await client.files.link(file.id)
          const blob = await (await fetch(url)).blob()
          const stored = new Uint8Array(await blob.arrayBuffer())
          let binary = ''
          for (let at = 0; at < stored.length; at += 8_192)
            binary += String.fromCharCode(...stored.subarray(at, at + 8_192))
          const bitmap = await createImageBitmap(blob)
          const { width, height } = bitmap
          const context = new OffscreenCanvas(width, height).getContext('2d')!
          context.drawImage(bitmap, 0, 0)
          const at = (x: number, y: number) => [...context.getImageData(Math.floor(x), Math.floor(y), 1, 1).data]
          const colours: [number[], number[], number[], number[]] = [
            at(width / 2, height / 8),
            at(width / 2, (height * 7) / 8),
            at(width / 8, height / 2),
            at((width * 7) / 8, height / 2),
          ]
          return { file, base64: btoa(binary), colours }
        } catch (error) {
          return String((error as { code?: unknown }).code)
        }
      },
      [base64, name, type] as const,
    )
  }

  async uploaded(bytes: Uint8Array, name: string, type?: string): Promise<Uploaded> {
    const result = await this.upload(bytes, name, type)
    if (typeof result === 'string') throw new Error(`The upload failed: ${result}`)
    return result
  }
}

declare global {
  interface Window {
    client: Promise<{
      files: {
        upload(
          file: Blob,
          options?: { signal?: AbortSignal; onProgress?: (progress: { loaded: number; total: number }) => void },
        ): Promise<Uploaded['file'] & { id: string }>
        link(id: string): Promise<{ url: string }>
      }
    }>
  }
}

const test = base.extend<{ uploads: (limits?: { maxFileBytes?: number; fileTypes?: string[] }) => Promise<Uploads> }>({
  uploads: async ({ page, owner, target }, use) =>
    use(async ({ maxFileBytes = 5_000_000, fileTypes = PICTURES } = {}) => {
      const assistant = await owner.addAssistant({ fileTypes, maxFileBytes })
      const { url, key, pagesOrigin, assetsOrigin } = target
      await page.goto(pageAddress(pagesOrigin, 'bare', { url, key, assistant }))
      await page.evaluate(
        ([module, options]) => {
          // A URL that no bundler sees.
          window.client = import(module).then(({ createClient }) => createClient(options))
        },
        [`${assetsOrigin}/core/index.js`, { url, key, assistant }] as const,
      )
      return new Uploads(page, url)
    }),
})

/** Of a directory of TIFF, little-endian. */
const entry = (tag: number, type: number, count: number, value: number): Uint8Array => {
  const bytes = Buffer.alloc(12)
  bytes.writeUInt16LE(tag, 0)
  bytes.writeUInt16LE(type, 2)
  bytes.writeUInt32LE(count, 4)
  bytes.writeUInt32LE(value, 8)
  return bytes
}
/** Without a next one. */
const directory = (...entries: Uint8Array[]): Uint8Array =>
  concat(Uint8Array.of(entries.length, 0), ...entries, new Uint8Array(4))

/** EXIF as a camera writes it: how it was held, and where. */
function exif(orientation: number): Uint8Array {
  const gps = 8 + 2 + 24 + 4
  const latitude = gps + 2 + 24 + 4
  const degrees = Buffer.alloc(24)
  for (const [at, value] of [52, 1, 31, 1, 12, 1].entries()) degrees.writeUInt32LE(value, at * 4)
  return concat(
    toText('Exif\0\0II*\0\b\0\0\0'),
    directory(entry(0x0112, 3, 1, orientation), entry(0x8825, 4, 1, gps)),
    directory(entry(1, 2, 2, 'N'.charCodeAt(0)), entry(2, 5, 3, latitude)),
    degrees,
  )
}

/** Behind the two bytes with which a JPEG begins. */
const withSegments = (jpeg: Uint8Array, ...segments: Uint8Array[]): Uint8Array =>
  concat(jpeg.subarray(0, 2), ...segments, jpeg.subarray(2))
/** Behind a PNG's header. */
const withChunks = (png: Uint8Array, ...chunks: Uint8Array[]): Uint8Array =>
  concat(png.subarray(0, 33), ...chunks, png.subarray(33))

const isRed = ([red, , blue]: number[]): boolean => red! > 200 && blue! < 60
const isBlue = ([red, , blue]: number[]): boolean => blue! > 200 && red! < 60
const METADATA = /Exif|eXIf|adobe|GPS|secret/i
const textOf = ({ base64 }: Uploaded): string => Buffer.from(base64, 'base64').toString('latin1')

test.describe('a picture', { tag: '@local' }, () => {
  test('of a camera that was turned is uploaded upright, without where it was taken', async ({ uploads }) => {
    const page = await uploads()
    const jpeg = await page.draw({ width: 400, height: 200, type: 'image/jpeg' })
    const xmp = jpegSegment(0xe1, toText('http://ns.adobe.com/xap/1.0/\0<secret/>'))
    const taken = withSegments(
      jpeg,
      jpegSegment(0xe1, exif(6)),
      xmp,
      jpegSegment(0xed, toText('Photoshop 3.0\0secret')),
    )
    const uploaded = await page.uploaded(taken, 'IMG_1.jpg', 'image/jpeg')
    expect(uploaded.file).toMatchObject({ name: 'IMG_1.jpg', type: 'image/jpeg', width: 200, height: 400 })
    const [top, bottom] = uploaded.colours
    expect([isRed(top), isBlue(bottom)]).toEqual([true, true])
    expect(textOf(uploaded)).not.toMatch(METADATA)
  })

  test('that is large is made smaller, and one that is small is not made larger', async ({ uploads }) => {
    const page = await uploads()
    const wide = await page.uploaded(await page.draw({ width: 5_000, height: 1_000, type: 'image/webp' }), 'wide.webp')
    expect(wide.file).toMatchObject({ name: 'wide.webp', type: 'image/webp', width: 2_000, height: 400 })
    const tall = await page.uploaded(await page.draw({ width: 30, height: 4_096, type: 'image/jpeg' }), 'tall.jpg')
    expect(tall.file).toMatchObject({ width: 15, height: 2_000 })
    const small = await page.uploaded(await page.draw({ width: 3, height: 2, type: 'image/jpeg' }), 'small.jpg')
    expect(small.file).toMatchObject({ width: 3, height: 2 })
  })

  test('that one can see through stays so, and is rid of what else its file says', async ({ uploads }) => {
    const page = await uploads()
    const png = await page.draw({ width: 64, height: 64, type: 'image/png', isClear: true })
    const noted = withChunks(png, pngChunk('eXIf', exif(1)), pngChunk('tEXt', toText('Author\0secret')))
    const uploaded = await page.uploaded(noted, 'logo.png', 'image/png')
    expect(uploaded.file).toMatchObject({ name: 'logo.png', type: 'image/png', width: 64 })
    expect(uploaded.colours[2][3]).toBeLessThan(200)
    expect(textOf(uploaded)).not.toMatch(METADATA)
  })

  test('is written as another type where its own takes too many bytes', async ({ uploads }) => {
    const page = await uploads()
    const noise = await page.draw({ width: 900, height: 900, type: 'image/png', isNoise: true })
    const uploaded = await page.uploaded(noise, 'noise.png', 'image/png')
    expect(uploaded.file).toMatchObject({ name: 'noise.jpg', type: 'image/jpeg', width: 900, height: 900 })
  })

  test('is made to fit the assistant’s limit, or is refused', async ({ uploads }) => {
    const page = await uploads({ maxFileBytes: 250_000 })
    const noise = await page.draw({ width: 1_200, height: 1_200, type: 'image/jpeg', isNoise: true })
    expect(noise.length).toBeGreaterThan(500_000)
    const { file } = await page.uploaded(noise, 'noise.jpg', 'image/jpeg')
    expect(file.size).toBeLessThanOrEqual(250_000)
    expect(file.width).toBeLessThan(1_200)
    const strict = await uploads({ maxFileBytes: 20_000 })
    expect(await strict.upload(noise, 'noise.jpg')).toBe('file_too_large')
  })

  test('that is no whole one, that no browser can read, or that would fill the memory is refused before a request', async ({
    uploads,
    page: browserPage,
  }) => {
    const page = await uploads()
    await page.upload(new Uint8Array(), 'first.png')
    const asked: string[] = []
    browserPage.on('request', (request) => asked.push(request.url()))
    const jpeg = await page.draw({ width: 40, height: 20, type: 'image/jpeg' })
    expect(await page.upload(makePng(40_000, 40_000, [], false), 'bomb.png', 'image/png')).toBe('file_too_large')
    expect(await page.upload(jpeg.subarray(0, 200), 'cut.jpg', 'image/jpeg')).toBe('file_malformed')
    expect(await page.upload(jpeg.subarray(0, 3), 'cut.jpg', 'image/jpeg')).toBe('file_malformed')
    expect(await page.upload(new Uint8Array(), 'empty.jpg', 'image/jpeg')).toBe('file_malformed')
    const heic = concat(Uint8Array.of(0, 0, 0, 24), toText('ftypheic\0\0\0\0mif1heic'), new Uint8Array(64))
    expect(await page.upload(heic, 'IMG_2.HEIC', 'image/heic')).toBe('file_type_not_allowed')
    expect(await page.upload(toText('<svg/>'), 'a.svg', 'image/svg+xml')).toBe('file_type_not_allowed')
    expect(asked).toEqual([])
  })

  test('that moves leaves as it is, and one is known by its content', async ({ uploads }) => {
    const page = await uploads()
    const gif = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')
    const moving = await page.uploaded(gif, 'moving.gif', 'image/gif')
    expect(Buffer.from(moving.base64, 'base64').equals(gif)).toBe(true)
    const png = await page.draw({ width: 8, height: 8, type: 'image/png' })
    const named = await page.uploaded(png, 'photo.jpg', 'image/jpeg')
    expect(named.file).toMatchObject({ name: 'photo.jpg', type: 'image/png' })
  })
})

const isPut = (request: Request): boolean => request.method() === 'PUT'

test.describe('an upload', { tag: '@local' }, () => {
  test('tells how far it has come, and goes to Storage without a key', async ({ uploads, page: browserPage }) => {
    const page = await uploads({ fileTypes: ['text/plain'] })
    const put = browserPage.waitForRequest(isPut)
    const told = await browserPage.evaluate(async () => {
      const progress: { loaded: number; total: number }[] = []
      const client = await window.client
      const file = new File(['line\n'.repeat(800_000)], 'long.txt', { type: 'text/plain' })
      await client.files.upload(file, { onProgress: (now) => progress.push(now) })
      return progress
    })
    expect(told.length).toBeGreaterThan(1)
    expect(told.every(({ loaded, total }, at) => total === 4_000_000 && loaded >= (told[at - 1]?.loaded ?? 0))).toBe(
      true,
    )
    expect(told.at(-1)!.loaded).toBe(4_000_000)
    const headers = await (await put).allHeaders()
    expect(headers).toMatchObject({ 'content-type': expect.stringMatching(/^text\/plain/) })
    expect(Object.keys(headers).filter((name) => /apikey|authorization|x-loacl/.test(name))).toEqual([])
    expect(new URL((await put).url()).origin).toBe(new URL(page.address).origin)
  })

  test('that is called off leaves nothing on the server', async ({ uploads, page: browserPage }) => {
    await uploads({ fileTypes: ['text/plain'] })
    await browserPage.route(/\/object\/upload\/sign\//, () => {})
    const put = browserPage.waitForRequest(isPut)
    const removal = browserPage.waitForResponse((response) => response.request().method() === 'DELETE')
    const uploading = browserPage.evaluate(async () => {
      const controller = new AbortController()
      addEventListener('call-off', () => controller.abort())
      const client = await window.client
      return await client.files
        .upload(new File(['Hi'], 'hi.txt', { type: 'text/plain' }), { signal: controller.signal })
        .catch((error: { code: string }) => error.code)
    })
    await put
    const failed = browserPage.waitForEvent('requestfailed', isPut)
    await browserPage.evaluate(() => dispatchEvent(new Event('call-off')))
    expect(await uploading).toBe('aborted')
    await failed
    expect((await removal).status()).toBe(204)
  })
})
