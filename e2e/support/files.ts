import { deflateSync } from 'node:zlib'
import type { Page } from '@playwright/test'

/** A file as `setInputFiles` takes it. */
export interface TestFile {
  name: string
  mimeType: string
  buffer: Buffer
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(data.length)
  frame.writeUInt32BE(crc(body), 4)
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
}

function crc(bytes: Buffer): number {
  let sum = ~0
  for (const byte of bytes) {
    sum ^= byte
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0)
  }
  return ~sum >>> 0
}

/** A picture of one colour. */
export function png(width: number, height: number): Buffer {
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width)
  head.writeUInt32BE(height, 4)
  head.set([8, 2, 0, 0, 0], 8)
  const row = Buffer.alloc(1 + width * 3, 90)
  // Unfiltered.
  row[0] = 0
  const pixels = deflateSync(Buffer.concat(Array.from({ length: height }, () => row)))
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10])
  return Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))])
}

export const pictureFile = (name = 'logo.png', size = 40): TestFile => ({
  name,
  mimeType: 'image/png',
  buffer: png(size, size),
})

export const textFile = (name = 'notes.txt', text = 'A lamp and a lock.'): TestFile => ({
  name,
  mimeType: 'text/plain',
  buffer: Buffer.from(text),
})

const PDF = `%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj
trailer<</Root 1 0 R>>
startxref
0
%%EOF
`

export const pdfFile = (name = 'invoice.pdf'): TestFile => ({
  name,
  mimeType: 'application/pdf',
  buffer: Buffer.from(PDF),
})

/** A photo that a camera has turned on its side, and that says where it was taken. */
export async function photoFile(page: Page, name = 'photo.jpg'): Promise<TestFile> {
  const plain = await page.evaluate(() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 60, height: 30 })
    canvas.getContext('2d')!.fillRect(0, 0, 60, 30)
    return canvas.toDataURL('image/jpeg').split(',')[1]!
  })
  // One entry: turned by a quarter (274: 6).
  const tiff = Buffer.from('49492a0008000000010012010300010000000600000000000000', 'hex')
  const exif = Buffer.concat([Buffer.from('Exif\0\0'), tiff, Buffer.from('taken at Quay 4')])
  const head = Buffer.from([0xff, 0xe1, 0, 0])
  head.writeUInt16BE(exif.length + 2, 2)
  const bytes = Buffer.from(plain, 'base64')
  return {
    name,
    mimeType: 'image/jpeg',
    buffer: Buffer.concat([bytes.subarray(0, 2), head, exif, bytes.subarray(2)]),
  }
}

/** A picture of something, as a JPEG. */
export async function drawnFile(page: Page, name: string, width: number, height: number): Promise<TestFile> {
  const drawn = await page.evaluate(
    ([w, h]) => {
      const canvas = Object.assign(document.createElement('canvas'), { width: w, height: h })
      const context = canvas.getContext('2d')!
      const sky = context.createLinearGradient(0, 0, 0, h)
      sky.addColorStop(0, '#27506b')
      sky.addColorStop(0.6, '#e9a86f')
      sky.addColorStop(1, '#31424a')
      context.fillStyle = sky
      context.fillRect(0, 0, w, h)
      context.fillStyle = '#fff3d0'
      context.arc(w * 0.6, h * 0.55, h * 0.12, 0, 7)
      context.fill()
      return canvas.toDataURL('image/jpeg', 0.8).split(',')[1]!
    },
    [width, height] as const,
  )
  return { name, mimeType: 'image/jpeg', buffer: Buffer.from(drawn, 'base64') }
}
