-- Code points by number: what `[:space:]` takes in differs between the locales of databases.
create function loacl_private.is_blank(value text)
returns boolean
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return value !~ (
  '[^\u0001-\u0020\u007F-\u00A0\u00AD\u034F\u061C\u115F\u1160\u1680\u17B4\u17B5\u180B-\u180F\u2000-\u200F\u2028-\u202F'
  '\u205F-\u206F\u2800\u3000\u3164\uFE00-\uFE0F\uFEFF\uFFA0\uFFF0-\uFFFC\U00013430-\U00013442\U00016FE4'
  '\U0001BCA0-\U0001BCA3\U0001D159\U0001D173-\U0001D17A\U000E0000-\U000E0FFF]'
);
comment on function loacl_private.is_blank(text) is
  'Whether a text shows nothing: white space, controls, what Unicode says to ignore in display (Hangul fillers, joiners, variation selectors, tags, …), and the other code points whose glyph is empty, such as the braille pattern without dots. The same as isBlank of @loacl/wire.';
revoke all on function loacl_private.is_blank(text) from public;

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
  if loacl_private.is_blank(request ->> 'text') and coalesce(request -> 'files', '[]') = '[]' then
    perform loacl_private.raise_error(400, 'text_required', 'The message is empty.');
  end if;
  if char_length(request ->> 'text') > max_length then
    perform loacl_private.raise_error(413, 'text_too_long', format('A message has at most %s characters.', max_length));
  end if;
  return request ->> 'text';
end
$$;
comment on function loacl_private.check_text(jsonb, integer) is 'The text of a new message, which may be blank where files come with it. Errors: invalid_body, text_required, text_too_long.';
revoke all on function loacl_private.check_text(jsonb, integer) from public;
