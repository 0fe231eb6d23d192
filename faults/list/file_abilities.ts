import { sendOnce, sendWith, type Sending } from '../attach.ts'
import { threadOf } from '../tab.ts'
import type { Visitor } from '../visitor.ts'
import type { Settings } from '../world/assistant.ts'
import { pathInStorage } from '../world/file_requests.ts'
import { FILE_POINTS, POINTS } from '../world/trace.ts'
import type { Ability } from './ability.ts'
import { askFirst, leave } from './acts.ts'
import { STORAGE_FAULTS } from './storage_faults.ts'

const TAKES_FILES: Settings = { file_types: ['image/png', 'text/plain'] }
/** What goes wrong with files, or with who has to do with them. */
const WITH_FILES = [
  ...STORAGE_FAULTS.map(({ name }) => name),
  'database-request-lost',
  'database-answer-lost',
  'database-gone',
  'worker-killed',
  'worker-frozen',
]

/** The same, for those who go away meanwhile. */
const WHILE_GOING = [
  'storage-slow',
  'storage-down',
  'link-ended',
  'bytes-cut',
  'bytes-answer-lost',
  'file-answer-lost',
  'database-answer-lost',
  'database-gone',
  'worker-killed',
]

/** Sends a message with files, and again what could not be sent. */
const send =
  (sending: Sending): NonNullable<Ability['ask']> =>
  (visitor, trace) =>
    void visitor.perform('attach', sendWith(visitor, trace, sending))

/** Before a turn's worker reads it. */
const WHILE_UPLOADED = FILE_POINTS.slice(0, -1)

const sendFirst =
  (types: Sending['types']): NonNullable<Ability['prepare']> =>
  async (visitor) => {
    await sendWith(visitor, visitor.beginTrace(), { types })()
    await visitor.settled()
  }

async function erase(visitor: Visitor): Promise<void> {
  await visitor.tab?.client.eraseData()
  visitor.hasErased = true
}
const ERASED: Ability['codes'] = ['aborted', 'session_missing', 'session_invalid', 'file_not_found', 'thread_not_found']

/** Acts while files are uploaded for a message. */
const uploadWhile = (name: string): Ability => ({
  name,
  settings: TAKES_FILES,
  ask: (visitor, trace) => sendOnce(visitor, trace, { types: ['text/plain', 'image/png'] }),
  points: WHILE_UPLOADED,
  further: WHILE_UPLOADED,
  // What strikes is to strike before they have gone.
  lacks: POINTS,
  meets: WHILE_GOING,
  sends: true,
})

/** What visitors do with files. */
export const FILE_ABILITIES: readonly Ability[] = [
  {
    name: 'attach',
    settings: TAKES_FILES,
    // The picture again, which is kept once.
    prepare: sendFirst(['image/png']),
    ask: send({ types: ['text/plain', 'image/png'] }),
    further: FILE_POINTS,
    meets: [...WITH_FILES, 'model-error', 'request-lost', 'answer-lost', 'stream-cut', 'database-gone-long'],
  },
  {
    name: 'file-alone',
    settings: TAKES_FILES,
    text: ({ name }) => `${name}.1.txt`,
    ask: send({ types: ['text/plain'], isAlone: true }),
    further: FILE_POINTS,
    meets: WITH_FILES,
  },
  {
    name: 'take-off',
    settings: TAKES_FILES,
    ask: send({ types: ['text/plain', 'image/png'], takesOff: true }),
    further: FILE_POINTS,
    meets: [...WITH_FILES, 'act-request-lost', 'act-answer-lost'],
    sends: true,
  },
  {
    ...uploadWhile('upload-erase'),
    act: erase,
    codes: ERASED,
  },
  {
    ...uploadWhile('upload-sign-out'),
    async act(visitor) {
      visitor.hasSignedOut = true
      await visitor.tab?.client.signOut()
    },
    codes: ['aborted', 'file_not_found', 'session_missing', 'session_invalid'],
  },
  {
    ...uploadWhile('upload-delete'),
    prepare: askFirst,
    async act(visitor) {
      if (visitor.tab) await threadOf(visitor.tab).delete()
      visitor.hasDeleted = true
    },
    codes: ['thread_not_found', 'turn_not_found', 'turn_lease_lost', 'aborted'],
  },
  {
    ...uploadWhile('upload-leave'),
    act: async (visitor) => leave(visitor),
    sends: false,
    codes: ['disposed'],
  },
  {
    ...uploadWhile('upload-identify'),
    act: async (visitor) => visitor.tab?.client.identify(await visitor.credential()),
    codes: ['session_replaced'],
  },
  {
    ...uploadWhile('erase-sent'),
    act: erase,
    points: [...POINTS, 'file-told'],
    further: FILE_POINTS,
    lacks: [],
    codes: ERASED,
  },
  {
    name: 'edit-file',
    settings: TAKES_FILES,
    prepare: sendFirst(['text/plain']),
    // It keeps the file.
    ask(visitor, trace) {
      trace.files = visitor.files
      // From now on it is told in this turn.
      for (const link of visitor.traces[0]!.links) visitor.world.traces.name(trace, pathInStorage(link))
      const question = threadOf(visitor.tab!).getSnapshot().messages[0]!
      visitor.follow(threadOf(visitor.tab!).edit(question.id, trace.text))
    },
    further: ['file-told'],
    meets: WITH_FILES,
  },
]
