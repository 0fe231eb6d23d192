create function loacl_private.take_deletions(batch_size integer)
returns jsonb
language sql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  with due as (
    select q.id
    from loacl_private.deletion_queue q
    where q.due_at <= now()
    order by q.due_at
    limit least(greatest(take_deletions.batch_size, 1), 100)
    for update skip locked
  ),
  taken as (
    update loacl_private.deletion_queue q
    set attempts = q.attempts + 1, due_at = now() + interval '5 minutes'
    from due
    where q.id = due.id
    returning q.id, q.kind, q.reference, q.provider_config_id, q.created_at
  )
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'id', t.id,
        'kind', t.kind,
        'reference', t.reference,
        'provider', case when s.id is not null then
          jsonb_build_object(
            'secretId', s.id,
            'keyId', s.key_id,
            'ciphertext', s.ciphertext,
            'purpose', s.purpose,
            'ownerId', s.owner_id,
            'provider', p.provider,
            'baseUrl', p.base_url
          )
        end
      )
      order by t.created_at, t.id
    ),
    '[]'
  )
  from taken t
  left join loacl.provider_configs p on p.id = t.provider_config_id
  left join loacl_private.secrets s on s.id = p.secret_id and s.owner_id = p.owner_id and s.purpose = 'provider_key';
end;
comment on function loacl_private.take_deletions(integer) is 'Does the work of loacl.take_deletions.';
revoke all on function loacl_private.take_deletions(integer) from public;
grant execute on function loacl_private.take_deletions(integer) to service_role;

create function loacl.take_deletions(batch_size integer default 20)
returns jsonb
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.take_deletions(take_deletions.batch_size);
end;
comment on function loacl.take_deletions(integer) is
  'For the functions: what is to be deleted in Storage and at providers next, `[{id, kind, reference, provider}]`, with the sealed key where one is needed and still there. It is the caller''s for five minutes: then confirm_deletion or fail_deletion, or somebody else gets it. At most 100.';
revoke all on function loacl.take_deletions(integer) from public;
grant execute on function loacl.take_deletions(integer) to service_role;

create function loacl_private.confirm_deletion(deletion_id uuid)
returns void
language sql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  with put_off as (
    update loacl_private.deletion_queue q
    set due_at = q.again_at, again_at = null, attempts = 0, last_error = null
    where q.id = confirm_deletion.deletion_id and q.again_at > now()
    returning q.id
  )
  delete from loacl_private.deletion_queue q
  where q.id = confirm_deletion.deletion_id and not exists (select from put_off);
end;
comment on function loacl_private.confirm_deletion(uuid) is 'Does the work of loacl.confirm_deletion.';
revoke all on function loacl_private.confirm_deletion(uuid) from public;
grant execute on function loacl_private.confirm_deletion(uuid) to service_role;

create function loacl.confirm_deletion(deletion_id uuid)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.confirm_deletion(confirm_deletion.deletion_id);
end;
comment on function loacl.confirm_deletion(uuid) is 'For the functions: it is gone there, or was not there. What can come there again stays in the queue until it can not.';
revoke all on function loacl.confirm_deletion(uuid) from public;
grant execute on function loacl.confirm_deletion(uuid) to service_role;

create function loacl_private.fail_deletion(deletion_id uuid, error text)
returns void
language sql
volatile
security definer -- service_role has no rights in loacl_private
set search_path = pg_catalog, pg_temp
begin atomic
  update loacl_private.deletion_queue q
  set last_error = left(fail_deletion.error, 1000),
    due_at = now() + least(interval '1 minute' * power(2, least(q.attempts, 20)), interval '1 day')
  where q.id = fail_deletion.deletion_id;
end;
comment on function loacl_private.fail_deletion(uuid, text) is 'Does the work of loacl.fail_deletion.';
revoke all on function loacl_private.fail_deletion(uuid, text) from public;
grant execute on function loacl_private.fail_deletion(uuid, text) to service_role;

create function loacl.fail_deletion(deletion_id uuid, error text)
returns void
language sql
volatile
security invoker
set search_path = pg_catalog, pg_temp
begin atomic
  select loacl_private.fail_deletion(fail_deletion.deletion_id, fail_deletion.error);
end;
comment on function loacl.fail_deletion(uuid, text) is
  'For the functions: it could not be deleted. It is tried again after two minutes, four, eight, and so on up to a day, until it is confirmed.';
revoke all on function loacl.fail_deletion(uuid, text) from public;
grant execute on function loacl.fail_deletion(uuid, text) to service_role;
