import type { ErrorCode, Message, Thread, Turn, Ui } from '../runtime.ts'

/** The conversation that is shown. */
export const threadOf = ({ model }: Ui): Thread => model.client.threads.get(model.getSnapshot().thread.id)

export const isRunning = ({ model }: Ui): boolean => 'turn' in model.getSnapshot().thread.turn

export const isLast = ({ model }: Ui, { id }: Message): boolean => model.getSnapshot().thread.messages.at(-1)?.id === id

/** Tells the page of a turn, as of any other. Gives why it failed, where nothing else on the screen says so. */
export async function watch(ui: Ui, turn: Turn): Promise<ErrorCode | null> {
  const { emit } = ui.model
  const began = Date.now()
  emit('sent', { turnId: turn.id })
  const result = await turn.done
  const { status } = result
  if (status !== 'waiting') emit('answered', { turnId: turn.id, status, ms: Date.now() - began })
  return status === 'failed' && ui.model.getSnapshot().thread.turn.status !== 'failed' ? result.error.code : null
}

/** Words for it, once they are there. */
export async function describe({ features: { errors }, words }: Ui, code: ErrorCode): Promise<string> {
  await errors.load()
  return errors.loaded?.describeError(code, words) ?? words.errors.other
}
