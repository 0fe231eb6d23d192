import { describe, expect, it } from 'vitest'
import {
  ERROR_STATUS,
  isCredentialCode,
  isForOwner,
  isRetried,
  isSessionCode,
  isThreadOver,
  remedyOf,
  type ErrorCode,
  type Remedy,
} from '../src/index.ts'

const CODES = Object.keys(ERROR_STATUS) as ErrorCode[]

/** What a person is to do, by code; a code that isn't named here may be tried again. */
const REMEDIES: Readonly<Record<Exclude<Remedy, 'try_again'>, readonly ErrorCode[]>> = {
  nothing: ['network', 'stream_cut', 'busy'],
  wait: ['rate_limited', 'budget_exceeded', 'file_quota_exceeded', 'model_rate_limited'],
  start_over: [
    'session_missing',
    'session_invalid',
    'session_expired',
    'session_mismatch',
    'thread_not_found',
    'message_not_found',
    'thread_full',
  ],
  change_input: [
    'text_required',
    'text_malformed',
    'text_too_long',
    'body_too_large',
    'model_request_rejected',
    'model_input_too_long',
    'input_flagged',
    'files_unsupported',
    'file_type_not_allowed',
    'file_too_large',
    'too_many_files',
    'file_not_found',
    'file_mismatch',
    'file_malformed',
    'file_has_metadata',
    'file_encrypted',
  ],
  tell_owner: [
    'invalid_body',
    'not_found',
    'key_rejected',
    'origin_not_allowed',
    'assistant_not_found',
    'price_unknown',
    'provider_key_missing',
    'provider_key_unusable',
    'provider_key_rejected',
    'identity_token_invalid',
    'identity_unavailable',
    'identity_secret_unusable',
  ],
  give_up: [
    'invalid_json',
    'turn_type_unsupported',
    'context_invalid',
    'method_not_allowed',
    'id_conflict',
    'answer_not_cut',
    'tool_result_too_large',
    'tool_schema_invalid',
    'sign_in_required',
    'not_operator',
    'options_invalid',
    'already_answered',
    'unsupported',
    'aborted',
    'disposed',
  ],
}

describe('an error', () => {
  it.each(CODES)('%s says what to do', (code) => {
    const named = Object.entries(REMEDIES).find(([, codes]) => codes.includes(code))
    expect(remedyOf(code)).toBe(named?.[0] ?? 'try_again')
    expect([isThreadOver(code), isForOwner(code)]).toEqual([named?.[0] === 'start_over', named?.[0] === 'tell_owner'])
  })

  it('of a newer server may be tried again', () => {
    for (const code of ['moon_phase_wrong', 'constructor', 'toString'])
      expect(remedyOf(code as ErrorCode)).toBe('try_again')
  })

  it('is one that a client answers by itself, or is not', () => {
    expect(CODES.filter(isRetried)).toEqual(['network', 'stream_cut', 'busy'])
    expect(CODES.filter(isCredentialCode)).toEqual(['identity_token_expired', 'access_token_invalid'])
    expect(CODES.filter(isSessionCode).toSorted()).toEqual([
      'session_bound',
      'session_expired',
      'session_invalid',
      'session_locked',
      'session_mismatch',
      'session_missing',
      'session_replaced',
    ])
  })

  it('that no response carries has no status', () => {
    expect(CODES.filter((code) => ERROR_STATUS[code] === 0).toSorted()).toEqual([
      'aborted',
      'already_answered',
      'credential_missing',
      'disposed',
      'network',
      'options_invalid',
      'response_malformed',
      'stream_cut',
      'stream_malformed',
      'unsupported',
    ])
  })
})
