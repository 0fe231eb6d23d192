-- What was uploaded without an end to it counts for a day as well.

create index uploads_begun_idx on loacl_private.uploads (created_at) where state = 'begun';
comment on index loacl_private.uploads_begun_idx is 'Serves: those that were never completed.';
comment on index loacl_private.uploads_created_at_idx is 'Serves: those of which nothing counts any more.';
comment on column loacl_private.uploads.state is
  'completed: it is a file. removed: its visitor did that, its bytes were refused, or it was not completed in four hours.';

create or replace function loacl_private.purge_uploads(max_uploads integer)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  upload loacl_private.uploads;
begin
  -- Their rows stay: whoever uploads without an end to it has uploaded those bytes all the same.
  for upload in
    with given_up as (
      select u.id
      from loacl_private.uploads u
      where u.state = 'begun' and u.created_at <= now() - interval '4 hours'
      order by u.created_at
      limit purge_uploads.max_uploads
      for update skip locked
    )
    update loacl_private.uploads u
    set state = 'removed'
    from given_up
    where u.id = given_up.id
    returning u.*
  loop
    perform loacl_private.queue_deletion('storage_object', upload.storage_path, null, upload.closes_at);
  end loop;
  with old as (
    select u.id
    from loacl_private.uploads u
    where u.created_at <= now() - interval '1 day'
    order by u.created_at
    limit purge_uploads.max_uploads
    for update skip locked
  )
  delete from loacl_private.uploads u using old where u.id = old.id;
end
$$;
comment on function loacl_private.purge_uploads(integer) is
  'Takes away uploads that were never completed two hours after their link''s end, and what is kept of all of them after a day.';
