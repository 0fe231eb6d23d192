create function loacl_private.weigh_file(mime_type text, size_bytes bigint)
returns bigint
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return case
  when mime_type like 'image/%' then 3000
  -- About a page of text and its picture in 50 kB.
  when mime_type = 'application/pdf' then greatest(3000, size_bytes * 3 / 100)
  else size_bytes
end;
comment on function loacl_private.weigh_file(text, bigint) is
  'As how many bytes of text a file counts: by estimate_tokens, 1,000 tokens of a picture, one for 100 bytes of a PDF and 1,000 at least, and a text''s own.';
revoke all on function loacl_private.weigh_file(text, bigint) from public;

create function loacl_private.tell_files(
  message_ids uuid[], always_told integer, tokens_left bigint, out files jsonb, out tokens_told bigint
)
returns record
language plpgsql
stable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  bytes_left bigint := 20 * 1024 * 1024;
  tokens bigint;
  is_told boolean;
  f record;
begin
  files := '{}';
  tokens_told := 0;
  for f in
    select
      m.id as message_id, i.place as message_place, p.part ->> 'filename' as name, p.part ->> 'mediaType' as mime_type,
      coalesce(file.size_bytes, 0) as size_bytes, o.storage_path, loacl_private.weigh_file(file.mime_type, file.size_bytes) as weight
    from unnest(message_ids) with ordinality as i (id, place)
    join loacl.messages m on m.id = i.id and m.author = 'visitor'
    cross join jsonb_array_elements(m.parts) with ordinality as p (part, place)
    -- An operator may have deleted it.
    left join loacl.files file
      on file.id = (loacl_private.list_file_ids(jsonb_build_array(p.part)))[1] and file.assistant_id = m.assistant_id
    left join loacl.file_objects o on o.id = file.object_id
    where p.part ->> 'type' = 'file'
    order by i.place, p.place
  loop
    tokens := f.weight / 3;
    is_told := f.storage_path is not null and f.size_bytes <= bytes_left
      and (f.message_place <= always_told or tokens <= tokens_left - tokens_told);
    if is_told then
      bytes_left := bytes_left - f.size_bytes;
      tokens_told := tokens_told + tokens;
    end if;
    files := files || jsonb_build_object(
      f.message_id::text,
      coalesce(files -> f.message_id::text, '[]') || jsonb_build_array(jsonb_build_object(
        'name', f.name,
        'mediaType', f.mime_type,
        'size', f.size_bytes,
        'path', case when is_told then f.storage_path end,
        'weight', case when is_told then f.weight else 0 end
      ))
    );
  end loop;
end
$$;
comment on function loacl_private.tell_files(uuid[], integer, bigint) is
  'The files of messages, newest first, by the message''s id, as a history has them: `{name, mediaType, size, path, weight}`. Where `path` is null the model is told of it by name alone: it was deleted, or there is no room: that is for 20 MB and for so many tokens. Those of the first `always_told` messages are told whatever the tokens.';
revoke all on function loacl_private.tell_files(uuid[], integer, bigint) from public;

create function loacl_private.name_files(message loacl.messages)
returns text
language sql
immutable
security invoker
set search_path = pg_catalog, pg_temp
return (
  select concat_ws(
    E'\n', '[Files: ' || string_agg(p.part ->> 'filename', ', ' order by p.place) || ']', nullif((message).content, '')
  )
  from jsonb_array_elements((message).parts) with ordinality as p (part, place)
  where p.part ->> 'type' = 'file'
);
comment on function loacl_private.name_files(loacl.messages) is 'What was written in a message, behind the names of its files.';
revoke all on function loacl_private.name_files(loacl.messages) from public;
