create table loacl_private.rate_salts (
  day date primary key,
  salt bytea not null default sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())),
  constraint rate_salts_salt_length check (octet_length(salt) = 32)
);
alter table loacl_private.rate_salts enable row level security;
revoke all on table loacl_private.rate_salts from public, anon, authenticated, service_role;
comment on table loacl_private.rate_salts is
  'What the keys of rate_counters are hashed with. A new one each day, in UTC; the old one is deleted an hour later, when nothing that it counted goes on: from then on nobody can tell which address a key was.';

create table loacl_private.rate_counters (
  key bytea primary key,
  count integer not null,
  ends_at timestamptz not null,
  constraint rate_counters_key_length check (octet_length(key) = 32),
  constraint rate_counters_count_positive check (count > 0)
);
create index rate_counters_ends_at_idx on loacl_private.rate_counters (ends_at);
comment on index loacl_private.rate_counters_ends_at_idx is 'Serves: counters that have run out.';
alter table loacl_private.rate_counters enable row level security;
revoke all on table loacl_private.rate_counters from public, anon, authenticated, service_role;
comment on table loacl_private.rate_counters is
  'How often something happened since its time began. It begins with the first time and is over at `ends_at`.';
comment on column loacl_private.rate_counters.key is
  'Salted SHA-256 of the limit, the assistant, and the session, network address or fingerprint that is counted.';

create function loacl_private.take_rate_salt()
returns bytea
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  today date := (now() at time zone 'utc')::date;
  salt bytea;
begin
  select s.salt into salt from loacl_private.rate_salts s where s.day = today;
  if found then
    return salt;
  end if;
  insert into loacl_private.rate_salts (day) values (today) on conflict (day) do nothing;
  select s.salt into strict salt from loacl_private.rate_salts s where s.day = today;
  return salt;
end
$$;
comment on function loacl_private.take_rate_salt() is 'The salt of today. The first to ask makes it.';
revoke all on function loacl_private.take_rate_salt() from public;

create function loacl_private.to_network(address text)
returns text
language plpgsql
immutable
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  parsed inet;
begin
  parsed := address::inet;
  if family(parsed) = 4 then
    return host(parsed);
  end if;
  -- An IPv4 address written as IPv6 (`::ffff:a.b.c.d`): by its /64 it would share one count with all others of that form.
  if parsed << inet '::ffff:0:0/96' then
    return host(inet '0.0.0.0' + (parsed - inet '::ffff:0:0'));
  end if;
  -- A household or a server has a whole /64 to choose addresses from.
  return network(set_masklen(parsed, 64))::text;
exception
  when invalid_text_representation then
    return null;
end
$$;
comment on function loacl_private.to_network(text) is
  'What a network address is counted by: IPv4 whole, IPv6 by its /64. null for what is no address.';
revoke all on function loacl_private.to_network(text) from public;

create function loacl_private.find_counter_key(key_parts text[])
returns bytea
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  counted bytea := convert_to(array_to_json(key_parts)::text, 'UTF8');
  today_salt bytea := loacl_private.take_rate_salt();
  running_key bytea;
begin
  -- What began to be counted yesterday goes on past midnight, under the salt that it began with.
  select c.key into running_key
  from loacl_private.rate_salts s
  join loacl_private.rate_counters c on c.key = sha256(s.salt || counted)
  where s.salt <> today_salt and c.ends_at > clock_timestamp();
  return coalesce(running_key, sha256(today_salt || counted));
end
$$;
comment on function loacl_private.find_counter_key(text[]) is
  'The key of the counter that goes on for this limit and whoever is counted, or of the one that begins.';
revoke all on function loacl_private.find_counter_key(text[]) from public;

create function loacl_private.count_up(key_parts text[], allowed integer, period interval, detail text)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  counter loacl_private.rate_counters;
begin
  if allowed is null then
    return;
  end if;
  -- Whoever counts the same waits here until this transaction ends: no two see the same count.
  insert into loacl_private.rate_counters as c (key, count, ends_at)
  values (
    loacl_private.find_counter_key(key_parts), 1, clock_timestamp() + period
  )
  on conflict (key) do update
  set count = case when c.ends_at <= clock_timestamp() then 1 else c.count + 1 end,
    ends_at = case when c.ends_at <= clock_timestamp() then clock_timestamp() + period else c.ends_at end
  returning c.* into counter;
  if counter.count > allowed then
    perform loacl_private.raise_error(429, 'rate_limited', detail, loacl_private.to_hint(counter.ends_at));
  end if;
end
$$;
comment on function loacl_private.count_up(text[], integer, interval, text) is
  'Counts once more, and refuses where that is more than is allowed in the period; the refusal takes the count back. null allows all and counts nothing. Errors: rate_limited.';
revoke all on function loacl_private.count_up(text[], integer, interval, text) from public;

create function loacl_private.to_hint(until timestamptz)
returns text
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  return greatest(ceil(extract(epoch from until - clock_timestamp()) * 1000), 1)::bigint::text;
end
$$;
comment on function loacl_private.to_hint(timestamptz) is 'The milliseconds until then, as raise_error takes them.';
revoke all on function loacl_private.to_hint(timestamptz) from public;

create function loacl_private.purge_rate_counters(max_counters integer)
returns void
language plpgsql
volatile
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  delete from loacl_private.rate_counters c
  where c.key in (
    select old.key
    from loacl_private.rate_counters old
    where old.ends_at <= now()
    order by old.ends_at
    limit max_counters
    for update skip locked
  );
  -- No limit's period is longer than an hour.
  delete from loacl_private.rate_salts s where s.day < ((now() - interval '1 hour') at time zone 'utc')::date;
end
$$;
comment on function loacl_private.purge_rate_counters(integer) is
  'Deletes counters that have run out, the oldest first, and the salts that none can go on under.';
revoke all on function loacl_private.purge_rate_counters(integer) from public;
