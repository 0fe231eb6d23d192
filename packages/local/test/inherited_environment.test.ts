import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { inheritedEnvironment } from '../src/inherited_environment.ts'

beforeEach(() => vi.stubEnv('DENO_TLS_CA_STORE', undefined))
afterEach(() => vi.unstubAllEnvs())

it.each([
  'PATH',
  'HOME',
  'Path',
  'DENO_DIR',
  'DENO_CERT',
  'DENO_TLS_CA_STORE',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'HTTP_PROXY',
  'https_proxy',
  'NO_PROXY',
  'npm_config_registry',
  'NPM_CONFIG_REGISTRY',
])('gives a program %s', (name) => {
  vi.stubEnv(name, 'as it is here')
  expect(inheritedEnvironment()[name]).toBe('as it is here')
})

it.each([
  'OPENAI_API_KEY',
  'LOACL_ENCRYPTION_KEYS',
  'SUPABASE_ACCESS_TOKEN',
  'DENO_AUTH_TOKENS',
  'NPM_TOKEN',
  'npm_config__auth',
  'npm_config_//registry.npmjs.org/:_authToken',
  'AWS_SECRET_ACCESS_KEY',
  'MY_PATH',
  'PATH_TO_KEY',
])('keeps %s from it', (name) => {
  vi.stubEnv(name, 'a secret')
  expect(Object.values(inheritedEnvironment())).not.toContain('a secret')
})

it('has Deno trust what the system does, unless told otherwise', () => {
  expect(inheritedEnvironment().DENO_TLS_CA_STORE).toBe('mozilla,system')
})
