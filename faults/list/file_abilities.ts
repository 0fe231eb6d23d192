import { sendOnce, sendWith, type Sending } from '../attach.ts'
import { threadOf } from '../tab.ts'
import type { Settings } from '../world/assistant.ts'
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

/** Sends a message with files, and again what could not be sent. */
const send =
  (sending: Sending): NonNullable<Ability['ask']> =>
  (visitor, trace) =>
    void visitor.perform('attach', sendWith(visitor, trace, sending))

/** Before a turn's worker reads it. */
const WHILE_UPLOADED = FILE_POINTS.slice(0, -1)

/** Acts while files are uploaded for a message. */
const uploadWhile = (name: string): Ability => ({
  name,
  settings: TAKES_FILES,
  ask: (visitor, trace) => sendOnce(visitor, trace, { types: ['text/plain', 'image/png'] }),
  points: WHILE_UPLOADED,
  further: WHILE_UPLOADED,
  // What strikes is to strike before they have gone.
  lacks: POINTS,
  meets: WITH_FILES,
  sends: true,
})

/** What visitors do with files. */
export const FILE_ABILITIES: readonly Ability[] = [
  {
    name: 'attach',
    settings: TAKES_FILES,
    // The picture again, which is kept once.
    async prepare(visitor) {
      await sendWith(visitor, visitor.beginTrace(), { types: ['image/png'] })()
      await visitor.settled()
    },
    ask: send({ types: ['text/plain', 'image/png'] }),
    further: FILE_POINTS,
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
    async act(visitor) {
      await visitor.tab?.client.eraseData()
      visitor.hasErased = true
    },
    codes: ['aborted', 'session_missing', 'session_invalid', 'file_not_found', 'thread_not_found'],
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
]
