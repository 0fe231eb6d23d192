create function loacl_private.is_free_of_charge(outcome jsonb, content_before text)
returns boolean
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return coalesce(outcome ->> 'isCalled' = 'false', false) or coalesce(
  outcome ->> 'state' = 'failed'
    -- Before the provider began to answer. Some have opened the stream by the time that they count what came.
    and (outcome ->> 'responseId' is null or outcome ->> 'errorCode' = 'model_input_too_long')
    and coalesce(outcome ->> 'content', '') = content_before
    and jsonb_typeof(outcome -> 'usage') is distinct from 'object'
    and outcome ->> 'errorCode' in (
      'provider_key_missing', 'provider_key_unusable', 'provider_key_rejected',
      'model_rate_limited', 'model_request_rejected', 'model_input_too_long', 'model_unavailable', 'files_unsupported',
      'storage_unavailable'
    ),
  false
);
comment on function loacl_private.is_free_of_charge(jsonb, text) is
  'Whether a step ended without a model call that anybody charges for: none was made, or the provider refused it. `content_before`: the answer as the steps before it left it. `isCalled` false: no call was made. A step that was stopped in a call may have been charged for, whatever came of it.';
revoke all on function loacl_private.is_free_of_charge(jsonb, text) from public;
