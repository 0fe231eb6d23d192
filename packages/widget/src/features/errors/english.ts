import type { Strings } from '../runtime.ts'

const MODEL_DOWN = 'The assistant can’t answer at the moment. Try again shortly.'
const BROKEN_OFF = 'The answer broke off. Try again.'

/** What keeps a chat from going on. */
const ERRORS: Partial<Strings['errors']> = {
  stream_cut: 'The connection broke before the answer was complete. Try again.',
  text_required: 'Write something first.',
  text_too_long: 'This message is too long.',
  body_too_large: 'This message is too long.',
  model_input_too_long: 'This message is too long.',
  key_rejected: 'This chat’s key isn’t valid. Please tell the owner of this site.',
  origin_not_allowed: 'This chat isn’t allowed on this website.',
  assistant_inactive: 'This assistant is switched off at the moment.',
  assistant_paused: 'This assistant is taking a break. Please come back later.',
  thread_not_found: 'This conversation is no longer there. Start over to go on.',
  message_not_found: 'This message is no longer there. Start over to go on.',
  thread_full: 'This conversation is full. Start over to go on.',
  turn_in_progress: 'An answer is still on its way here. Try again when it has come.',
  busy: 'Many people are asking at the moment. Try again shortly.',
  rate_limited: 'That was a lot at once.',
  budget_exceeded: 'This chat has reached its limit for now.',
  model_rate_limited: MODEL_DOWN,
  model_unavailable: MODEL_DOWN,
  model_request_rejected: 'The assistant couldn’t answer this. Try other words.',
  input_flagged: 'This can’t be answered here. Try other words.',
  output_flagged: 'This answer was withdrawn. It can’t be shown here.',
  moderation_unavailable: 'This couldn’t be checked. Try again shortly.',
  model_stream_broken: BROKEN_OFF,
  turn_abandoned: BROKEN_OFF,
  database_unavailable: 'The chat is down for a moment. Try again shortly.',
}

export const ENGLISH = {
  startOver: 'Start over',
  retryWhen: 'You can go on {when}.',
  details: 'Details',
  // For what has no words of its own: the tag's assistant id is no UUID, the project has no LOACL in it.
  notSetUp: 'This chat isn’t set up properly yet. Please tell the owner of this site.',
  sessionEnded: 'Your session has ended. Start over to go on.',
  errors: ERRORS,
}
