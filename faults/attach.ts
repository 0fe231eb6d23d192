import type { AttachedFile, LoaclError } from '@loacl/core'
import { makePng, toText } from '../supabase/functions/_shared/test/sample_files.ts'
import type { Visitor } from './visitor.ts'
import type { Trace } from './world/trace.ts'

/** A file that the visitor has. */
export interface OwnFile {
  name: string
  type: 'text/plain' | 'image/png'
  bytes: Uint8Array<ArrayBuffer>
  /** How the model is told of its content. */
  told: string
  /** What the visitor was told that it is, once it was uploaded. */
  uploaded: AttachedFile | null
  isTakenOff: boolean
}

/** The same picture whenever they attach one: it is kept once. */
const PICTURE = makePng(3, 2)

function makeFile(visitor: Visitor, trace: Trace, type: OwnFile['type'], name?: string): OwnFile {
  const ending = type === 'text/plain' ? 'txt' : 'png'
  const file: OwnFile = {
    name: name ?? `${visitor.name}.${visitor.files.length + 1}.${ending}`,
    type,
    bytes: PICTURE,
    told: Buffer.from(PICTURE).toString('base64'),
    uploaded: null,
    isTakenOff: false,
  }
  if (type === 'text/plain') {
    file.told = `Content of ${file.name}`
    file.bytes = toText(file.told)
  }
  visitor.files.push(file)
  visitor.world.traces.name(trace, file.name)
  return file
}

/** What a message is sent with. */
export interface Sending {
  types: readonly OwnFile['type'][]
  /** Whether the message has no words. Then the file's name is the trace's text. */
  isAlone?: true
  /** Whether the last of them is taken off before. */
  takesOff?: true
}

/** Uploads files, and sends them. Done again, it goes on where it was: what is uploaded is not uploaded again. */
export function sendWith(visitor: Visitor, trace: Trace, { types, isAlone, takesOff }: Sending): () => Promise<void> {
  const files = types.map((type) => makeFile(visitor, trace, type, isAlone ? trace.text : undefined))
  let isSent = false
  return async () => {
    const { tab } = visitor
    if (!tab || isSent) return
    const uploads = await Promise.allSettled(files.map((file) => upload(visitor, file)))
    for (const one of uploads) if (one.status === 'rejected') throw one.reason as LoaclError
    const off = takesOff ? files.at(-1)! : null
    if (off) {
      await tab.client.files.remove(off.uploaded!.id)
      off.isTakenOff = true
    }
    // Who has gone meanwhile sends nothing.
    if (visitor.tab !== tab || visitor.hasLeft) return void visitor.unsent.add(trace.text)
    isSent = true
    trace.files = files.filter((file) => file !== off)
    tab.model.type(isAlone ? '' : trace.text)
    tab.model.attach(trace.files.map(({ uploaded }) => ({ key: uploaded!.id, ...uploaded! })))
    visitor.submit(tab)
  }
}

/** Does so, and where the visitor does something else meanwhile, leaves it at that. */
export function sendOnce(visitor: Visitor, trace: Trace, sending: Sending): void {
  const sent = sendWith(visitor, trace, sending)().catch(({ code }: LoaclError) => {
    visitor.told.push(code)
    visitor.unsent.add(trace.text)
  })
  visitor.pending.push(sent)
}

async function upload({ tab }: Visitor, file: OwnFile): Promise<void> {
  const { name, type } = file
  file.uploaded ??= await tab!.client.files.upload(new File([file.bytes], name, { type }))
}
