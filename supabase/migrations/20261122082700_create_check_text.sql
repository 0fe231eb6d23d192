create function loacl_private.check_text(request jsonb, max_length integer)
returns text
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if jsonb_typeof(request -> 'text') is distinct from 'string' then
    perform loacl_private.raise_error(400, 'invalid_body', '"text" must be a string.');
  end if;
  -- Spaces, and signs that show nothing: soft hyphen, zero-width and direction marks, byte order mark.
  if request ->> 'text' !~ '[^[:space:]\u00AD\u061C\u180E\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFEFF]' then
    perform loacl_private.raise_error(400, 'text_required', 'The message is empty.');
  end if;
  if char_length(request ->> 'text') > max_length then
    perform loacl_private.raise_error(413, 'text_too_long', format('A message has at most %s characters.', max_length));
  end if;
  return request ->> 'text';
end
$$;
comment on function loacl_private.check_text(jsonb, integer) is 'The text of a new message. Errors: invalid_body, text_required, text_too_long.';
revoke all on function loacl_private.check_text(jsonb, integer) from public;
