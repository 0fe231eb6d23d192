import type { ErrorCode } from '../runtime.ts'

/** Causes, and what mends them, of what an owner or a developer can mend. docs/errors.md has a section for each. */
export const CAUSES: Readonly<Partial<Record<ErrorCode, string>>> = {
  options_invalid:
    'An option is missing or wrong. Give url (https://…), assistant (its id) and key: the publishable key, never a secret one, which could read and write everything and is not sent.',
  network:
    'No answer came. Check that url is the project’s address, that the project isn’t paused, that the page’s connect-src allows it, and that the device is online.',
  response_malformed:
    'What answered is not LOACL. Check url, expose the schema loacl in the Data API’s settings, and apply the migrations.',
  not_found: 'LOACL’s tables or functions are not in this project. Check url, or run the setup.',
  invalid_body: 'The project can’t read the request. Check that assistant is the id of one, a UUID.',
  origin_not_allowed: 'The page’s origin is not among those that the assistant allows. Add it to them.',
  key_rejected: 'The key is not this project’s. Copy the publishable key from its API settings.',
  assistant_not_found: 'The project has no assistant with this id. Check assistant and url.',
  assistant_inactive: 'The assistant is switched off. Switch it on, or mount the chat without it.',
  assistant_paused: 'The assistant is paused. End the pause.',
  price_unknown: 'There is a spend limit and the model has no price. Set its price.',
  provider_key_missing: 'No key for the model’s provider is stored. Set one.',
  provider_key_unusable:
    'The stored provider key can’t be opened. Give the functions the key ring that sealed it, or set the key again.',
  provider_key_rejected: 'The model’s provider refuses the key. Set another.',
  moderation_unavailable: 'The moderation provider is down, or has no such model. See the function’s log.',
  identity_token_invalid: 'The identity token is not signed as this assistant expects. Compare secret and claims.',
  identity_unavailable: 'The assistant has no identity secret. Make one.',
  identity_secret_unusable:
    'The stored identity secret can’t be opened. Give the functions the key ring that sealed it, or make a new secret.',
  unsupported:
    'The panel needs a browser: jsdom and happy-dom lay nothing out. Test the chat in one, or replace mount.',
  credential_missing: 'The option auth, or identify, gave no credential. Check your own endpoint.',
}
