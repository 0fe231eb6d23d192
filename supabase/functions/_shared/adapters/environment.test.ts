import { expect, it } from 'vitest'
import { readEnvironment } from './environment.ts'

const HOSTED: Record<string, string> = {
  SUPABASE_URL: 'https://project.example',
  SUPABASE_PUBLISHABLE_KEYS: '{"default":"sb_publishable_a","web":"sb_publishable_b"}',
  SUPABASE_SECRET_KEYS: '{"other":"sb_secret_b","default":"sb_secret_a"}',
  LOACL_ENCRYPTION_KEYS: '{}',
}
const read = (change: Record<string, string | undefined> = {}) =>
  readEnvironment((name) => ({ ...HOSTED, ...change })[name])

it('takes what the platform gives, and sensible defaults for the rest', () => {
  expect(read()).toEqual({
    supabaseUrl: 'https://project.example',
    publishableKey: 'sb_publishable_a',
    secretKey: 'sb_secret_a',
    secretKeys: ['sb_secret_b', 'sb_secret_a'],
    apiKeys: ['sb_publishable_a', 'sb_publishable_b', 'sb_secret_b', 'sb_secret_a'],
    encryptionKeys: '{}',
    deadlineMs: 65_000,
    maxTurns: 250,
    addressHeader: 'cf-connecting-ip',
    privateHosts: [],
    defaultBaseUrl: 'https://api.openai.com/v1',
    isBehindProxy: false,
  })
})

it('reads lists and numbers', () => {
  expect(read({ LOACL_PRIVATE_HOSTS: ' 127.0.0.1:4010, ,ollama:11434', LOACL_TURN_DEADLINE_MS: '2000' })).toMatchObject(
    {
      privateHosts: ['127.0.0.1:4010', 'ollama:11434'],
      deadlineMs: 2_000,
    },
  )
})

it.each([
  [{ SUPABASE_URL: undefined }, 'SUPABASE_URL'],
  [{ LOACL_ENCRYPTION_KEYS: '' }, 'LOACL_ENCRYPTION_KEYS'],
  [{ SUPABASE_SECRET_KEYS: 'sb_secret_a' }, 'SUPABASE_SECRET_KEYS'],
  [{ SUPABASE_SECRET_KEYS: '{}' }, 'SUPABASE_SECRET_KEYS'],
  [{ SUPABASE_PUBLISHABLE_KEYS: '{}' }, 'SUPABASE_PUBLISHABLE_KEYS'],
  [{ LOACL_TURN_DEADLINE_MS: 'soon' }, 'LOACL_TURN_DEADLINE_MS'],
  [{ LOACL_MAX_TURNS: '-1' }, 'LOACL_MAX_TURNS'],
])('refuses to start with %j, naming the variable and quoting nothing', (change, name) => {
  let message = ''
  try {
    read(change)
  } catch (error) {
    message = String(error)
  }
  expect(message).toContain(name)
  expect(message).not.toContain('sb_secret')
})
